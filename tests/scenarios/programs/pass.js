// SPDX-License-Identifier: Apache-2.0
// Passes of a ski resort: pass.js ROLE [KEY=VALUE...]. `office` serves HTTP at port (or at a unix socket, sock) in so many workers of
// a cluster, which are made anew when they end, and are told to end in turn, one every so many seconds (recycle): it prices a pass by
// age (families come without), by a JSON file (prices, read for each), takes the money at a URL (bank, again so often: retries) and
// keeps the card in a file of a folder (cards, of kb); change: what its release does otherwise (birthday: wants one of each; status:
// ends with 70 where it finds no age). `skiers` buy at url, every so many seconds, again so often, trusting ca, and tell what they did
// not get; families=1: some have no age; hasty=N: each Nth goes before the answer. `guns` hand in the lines of a file (readings, in
// turn) over TCP (to, host:port), so many at once (crews).
const cluster = require("cluster"), fs = require("fs"), http = require("http"), https = require("https"), net = require("net");
const options = {port: "0", every: "0.3", retries: "0", workers: "2", crews: "1", say: process.argv[2], hasty: "0", change: "", families: "0", kb: "4"};
for (const word of process.argv.slice(3)) {
  const at = word.indexOf("=");
  options[word.slice(0, at)] = word.slice(at + 1);
}

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

function get(url) {
  return new Promise((resolve, reject) => {
    const settings = {agent: false, timeout: 1500, ca: options.ca && fs.readFileSync(options.ca)};
    const request = (url.startsWith("https:") ? https : http).get(url, settings, (answer) => {
      answer.resume();
      answer.on("end", () => answer.statusCode < 400 ? resolve() : reject(new Error(`${url} answers ${answer.statusCode}`)));
    });
    request.on("timeout", () => request.destroy(new Error(`${url} says nothing`)));
    request.on("error", reject);
  });
}

async function ask(url) {
  for (let tries = Number(options.retries);; tries--)
    try {
      return await get(url);
    } catch (error) {
      if (tries <= 0)
        throw error;
      await pause(0.4);
    }
}

function priceOf(age) {
  const prices = options.prices ? JSON.parse(fs.readFileSync(options.prices, "utf8")) : {child: 35, adult: 70};
  const price = age && age < 16 ? prices.child : prices.adult;
  return price.toFixed(2);
}

function check(age) {
  if (options.change === "birthday")
    return new Date(2026 - age, 0, 1).toISOString();
  if (options.change === "status" && !age) {
    console.error("pass: no age on this card");
    process.exit(70);
  }
  return "";
}

async function sell(card, age) {
  const price = priceOf(age);
  check(age);
  if (options.bank)
    await ask(`${options.bank}?card=${card}&price=${price}`);
  if (options.cards)
    fs.writeFileSync(`${options.cards}/${card % 500}`, "x".repeat(Number(options.kb) << 10));
  return price;
}

async function answer(request, response) {
  const asked = new URL(request.url, "http://x").searchParams;
  try {
    const age = asked.get("age");
    response.end(await sell(Number(asked.get("card")), age ? Number(age) : undefined) + "\n");
  } catch (error) {
    console.error(error);
    response.writeHead(500).end("none\n");
  }
}

function office() {
  if (cluster.isPrimary) {
    if (options.sock)
      fs.rmSync(options.sock, {force: true});
    for (let n = 0; n < Number(options.workers); n++)
      cluster.fork();
    cluster.on("exit", () => setTimeout(() => cluster.fork(), 300));
    if (options.recycle)
      setInterval(() => Object.values(cluster.workers)[0]?.kill("SIGTERM"), Number(options.recycle) * 1000);
  } else
    http.createServer(answer).listen(options.sock || Number(options.port), options.sock ? undefined : "127.0.0.1");
}

function leave() {
  const url = new URL(options.url), peer = net.connect(Number(url.port), url.hostname);
  peer.on("error", () => {}).on("connect", () => {
    peer.write("GET /?card=1&age=20 HTTP/1.0\r\n\r\n");
    peer.destroy();
  });
}

function tell(line) {
  return new Promise((resolve, reject) => {
    const [host, port] = options.to.split(":");
    const hub = net.connect(Number(port), host, () => hub.write(line + "\n"));
    let text = "";
    hub.on("data", (part) => text += part).on("error", reject);
    hub.on("close", () => text ? resolve(text) : reject(new Error(`no answer to ${line}`)));
  });
}

async function snow(crew) {
  await pause(Number(options.every) * crew / Number(options.crews));
  for (let count = 1;; count++) {
    await pause(Number(options.every));
    const lines = fs.readFileSync(options.readings, "utf8").trim().split("\n");
    for (let tries = Number(options.retries);; tries--)
      try {
        await tell(lines[count % lines.length]);
        break;
      } catch (error) {
        if (tries <= 0) {
          console.error(`${options.say}:`, error);
          break;
        }
        await pause(0.4);
      }
  }
}

async function ski() {
  for (let count = 1;; count++) {
    await pause(Number(options.every));
    if (Number(options.hasty) && count % Number(options.hasty) === 0) {
      leave();
      continue;
    }
    const age = options.families === "1" && count % 4 === 0 ? "" : 8 + count % 60;
    try {
      await ask(`${options.url}?card=${count}&age=${age}`);
    } catch (error) {
      console.error(`${options.say}: card ${count}:`, error);
    }
  }
}

process.on("SIGTERM", () => process.exit(0));
if (process.argv[2] === "office")
  office();
else if (process.argv[2] === "guns")
  for (let crew = 0; crew < Number(options.crews); crew++)
    snow(crew);
else
  ski();
