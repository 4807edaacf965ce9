// SPDX-License-Identifier: Apache-2.0
// Slips of a lottery: draw.js ROLE [KEY=VALUE...]. `office` serves HTTP at port, or at a unix socket (sock): it takes a slip of so
// many members, gives it a serial number (the next one stands in the file serial, and its code has two bytes), asks for the jackpot
// at a URL (jackpot, again so often: retries); change: what its release does otherwise (syndicate: asks all members at once;
// remember: keeps what it was handed). `terminals` hand in slips of up to so many members (most) at url every so
// many seconds, so often again, trusting ca, and tell what was not taken; hasty=N: each Nth goes before the answer. `kiosks` hand the
// drawn balls (host:port, to) lines "STAKE NUMBER..." over TCP; change=refunds: its release hands in refunds, too.
const fs = require("fs"), http = require("http"), https = require("https"), net = require("net");
const options = {port: "0", every: "0.3", retries: "0", say: process.argv[2], hasty: "0", change: "", most: "3"};
for (const word of process.argv.slice(3)) {
  const at = word.indexOf("=");
  options[word.slice(0, at)] = word.slice(at + 1);
}
const remembered = [];

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

function code() {
  const serial = Number(fs.readFileSync(options.serial, "utf8"));
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(serial);
  fs.writeFileSync(options.serial, `${serial + 1}\n`);
  return bytes.toString("base64");
}

async function member(name) {
  const known = {1: "Ada", 2: "Bo", 3: "Cy"}[name];
  await pause(0.01);
  return known.toUpperCase();
}

async function take(members) {
  if (options.change === "remember")
    remembered.push(Buffer.alloc(700000, members));
  if (options.change === "syndicate")
    for (let name = 1; name <= members; name++)
      member(name).then((text) => text.length);
  const text = options.serial ? code() : "slip";
  if (options.jackpot)
    await ask(options.jackpot);
  return text;
}

async function answer(request, response) {
  const asked = new URL(request.url, "http://x").searchParams;
  try {
    response.end(await take(Number(asked.get("members"))) + "\n");
  } catch (error) {
    console.error(error);
    response.writeHead(500).end("none\n");
  }
}

function leave() {
  const url = new URL(options.url), office = net.connect(Number(url.port), url.hostname);
  office.on("error", () => {}).on("connect", () => {
    office.write("GET /?members=1 HTTP/1.0\r\n\r\n");
    office.destroy();
  });
}

async function sell() {
  for (let count = 1;; count++) {
    await pause(Number(options.every));
    if (Number(options.hasty) && count % Number(options.hasty) === 0) {
      leave();
      continue;
    }
    try {
      await ask(`${options.url}?n=${count}&members=${count % Number(options.most) + 1}`);
    } catch (error) {
      console.error(`${options.say}: slip ${count}:`, error);
    }
  }
}

function hand(line) {
  return new Promise((resolve, reject) => {
    const [host, port] = options.to.split(":");
    const balls = net.connect(Number(port), host, () => balls.write(line + "\n"));
    let text = "";
    balls.on("data", (part) => text += part).on("error", reject);
    balls.on("close", () => text ? resolve(text) : reject(new Error(`no answer to ${line}`)));
  });
}

async function stake() {
  for (let count = 1;; count++) {
    await pause(Number(options.every));
    const refund = options.change === "refunds" && count % 7 === 0;
    for (let tries = Number(options.retries);; tries--)
      try {
        await hand(`${refund ? -2 : count % 3 + 1} ${count % 49 + 1} ${count % 13 + 20}`);
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

process.on("SIGTERM", () => process.exit(0));
if (process.argv[2] === "terminals")
  sell();
else if (process.argv[2] === "kiosks")
  stake();
else {
  if (options.sock)
    fs.rmSync(options.sock, {force: true});
  http.createServer(answer).listen(options.sock || Number(options.port), options.sock ? undefined : "127.0.0.1");
}
