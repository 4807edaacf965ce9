// SPDX-License-Identifier: Apache-2.0
// Tills of bakeries: tills.js ROLE [KEY=VALUE...]. `books` takes sales, lines of JSON over TCP at port, from tills that stay connected:
// by the prices of a JSON file (prices, read at the start and at SIGHUP), asking bank (a URL, again so often: retries) for each.
// `till` sells so often a second (rate) at to (host:port), and tells what was lost, after having
// asked again so often (patient); hasty=N: each Nth sale is the last one of its connection, which is dropped; empties=N: each Nth has no item.
const fs = require("fs"), net = require("net"), readline = require("readline");
const options = {port: "0", rate: "4", retries: "0", say: process.argv[2], hasty: "0", patient: "0", empties: "0"};
for (const word of process.argv.slice(3)) {
  const at = word.indexOf("=");
  options[word.slice(0, at)] = word.slice(at + 1);
}
let prices = {roll: 45, bread: 420, pretzel: 95};

function readPrices() {
  prices = JSON.parse(fs.readFileSync(options.prices, "utf8"));
}

async function ask(url) {
  for (let tries = Number(options.retries);; tries--) {
    try {
      const answer = await fetch(url, {signal: AbortSignal.timeout(1500), headers: {connection: "close"}});
      if (!answer.ok)
        throw new Error(`${url} answers ${answer.status}`);
      return await answer.text();
    } catch (error) {
      if (tries <= 0)
        throw error;
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
  }
}

async function book(sale) {
  const cents = sale.items.map((item) => prices[item] || 0).reduce((sum, price) => sum + price);
  if (options.bank)
    await ask(options.bank + sale.number);
  return cents;
}

async function answer(socket, line) {
  const sale = JSON.parse(line);
  try {
    socket.write(JSON.stringify({number: sale.number, cents: await book(sale)}) + "\n");
  } catch (error) {
    console.error(`sale ${sale.number}:`, error);
    socket.write(JSON.stringify({number: sale.number, lost: true}) + "\n");
  }
}

let books = null, number = 0;

function connect() {
  const [host, port] = options.to.split(":");
  books = net.connect(Number(port), host);
  readline.createInterface({input: books}).on("line", (line) => {
    const told = JSON.parse(line);
    if (told.lost)
      console.error(`${options.say}: sale ${told.number} is lost`);
  }).on("error", () => {});
  let failure = null;
  books.on("error", (error) => failure = error);
  books.on("close", () => {
    books = null;
    if (failure && --connect.patience < 0)
      console.error(`${options.say}:`, failure);
    setTimeout(connect, 500);
  });
  books.on("connect", () => connect.patience = Number(options.patient));
}

function sell() {
  if (!books || books.connecting)
    return;
  number++;
  const many = number % (Number(options.empties) || Infinity) === 0 ? 0 : number % 3 + 1;
  books.write(JSON.stringify({number, items: ["roll", "bread", "pretzel"].slice(0, many)}) + "\n");
  if (Number(options.hasty) && number % Number(options.hasty) === 0)
    books.destroy();
}

if (options.prices) {
  readPrices();
  process.on("SIGHUP", readPrices);
}
if (process.argv[2] === "till") {
  connect.patience = Number(options.patient);
  connect();
  setInterval(sell, 1000 / Number(options.rate));
} else {
  net.createServer((socket) => {
    socket.on("error", () => {});
    readline.createInterface({input: socket}).on("line", (line) => answer(socket, line)).on("error", () => {});
  }).listen(Number(options.port), "127.0.0.1");
}
