// SPDX-License-Identifier: Apache-2.0
// Check-in of an airline: checkin.js ROLE [KEY=VALUE...]. `desk` serves HTTP at port (with cert and key HTTPS): counts bags at cache
// (HOST:PORT of redis), asks miles (a URL that answers JSON) and visa (a URL) for each passenger; change: what its release does
// otherwise (eager: waits for nobody who tells the crew). `miles` serves JSON of who has how many; change (accounts: one for each year).
// `kiosk` asks url, trusting ca, so often a second (rate), again so often (retries), and tells what fails.
const fs = require("fs"), net = require("net");
const options = {port: "0", change: "", rate: "4", retries: "0", wait: "1000"};
for (const word of process.argv.slice(3)) {
  const at = word.indexOf("=");
  options[word.slice(0, at)] = word.slice(at + 1);
}

class CacheError extends Error {
  constructor(message) {
    super(message);
    this.name = "CacheError";
  }
}

function cache(...words) {
  const [host, port] = options.cache.split(":");
  return new Promise((resolve, reject) => {
    const socket = net.connect({host, port: Number(port), timeout: Number(options.wait)});
    socket.on("timeout", () => socket.destroy(new CacheError("the cache says nothing")));
    socket.on("error", reject);
    socket.on("data", (data) => {
      socket.end();
      const line = data.toString().split("\r\n")[0];
      line.startsWith("-") ? reject(new CacheError(line.slice(1))) : resolve(line.slice(1));
    });
    socket.write(`*${words.length}\r\n` + words.map((word) => `$${word.length}\r\n${word}\r\n`).join(""));
  });
}

async function ask(url) {
  const answer = await fetch(url, {signal: AbortSignal.timeout(Number(options.wait))});
  const text = await answer.text();
  if (!answer.ok)
    throw new Error(`${url} answers ${answer.status}`);
  return text;
}

async function tellCrew(passenger) {
  if (passenger % 9 === 8)
    throw new RangeError(`no seat is left for the child of passenger ${passenger}`);
}

function tier(account) {
  return account.miles.toFixed(0).length > 4 ? "gold" : "blue";
}

async function checkIn(passenger) {
  if (options.change === "eager")
    tellCrew(passenger);
  const bags = options.cache ? await cache("INCR", `bags:${passenger % 50}`) : "0";
  const status = options.miles ? tier(JSON.parse(await ask(`${options.miles}${passenger}`))) : "blue";
  if (options.visa)
    await ask(`${options.visa}?passenger=${passenger}`);
  return {passenger, bags: Number(bags), status};
}

function miles(passenger) {
  const sum = passenger * 977 % 30000;
  return options.change === "accounts" ? {accounts: [{year: 2026, miles: sum}]} : {miles: sum};
}

async function answer(request, response) {
  const passenger = Number(new URL(request.url, "http://desk").searchParams.get("n"));
  try {
    response.end(JSON.stringify(process.argv[2] === "miles" ? miles(passenger) : await checkIn(passenger)));
  } catch (error) {
    console.error(`check-in of passenger ${passenger} fails:`, error);
    response.statusCode = 500;
    response.end();
  }
}

function fetchPage(url) {
  const http = require(url.startsWith("https") ? "https" : "http");
  return new Promise((resolve, reject) => {
    const request = http.get(url, {timeout: 2000, agent: false, ca: options.ca && fs.readFileSync(options.ca)}, (page) => {
      page.resume();
      page.on("error", reject);
      page.on("end", () => page.statusCode < 400 ? resolve() : reject(new Error(`the desk answers ${page.statusCode}`)));
    });
    request.on("timeout", () => request.destroy(new Error("the desk says nothing")));
    request.on("error", reject);
  });
}

async function stand(passenger, tries = 0) {
  try {
    await fetchPage(options.url + passenger);
  } catch (error) {
    if (tries >= Number(options.retries))
      return console.error(`kiosk: passenger ${passenger}:`, error);
    setTimeout(stand, 500, passenger, tries + 1);
  }
}

if (process.argv[2] === "kiosk") {
  let count = 0;
  setInterval(() => stand(++count), 1000 / Number(options.rate));
} else if (options.cert) {
  const secure = {cert: fs.readFileSync(options.cert), key: fs.readFileSync(options.key)};
  require("https").createServer(secure, answer).listen(Number(options.port), "127.0.0.1");
} else {
  require("http").createServer(answer).listen(Number(options.port), "127.0.0.1");
}
