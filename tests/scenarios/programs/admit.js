// SPDX-License-Identifier: Apache-2.0
// Admission of a concert house: admit.js ROLE [KEY=VALUE...]. `gate` serves HTTP at port (cert and key, read at the start: HTTPS) and says
// whether a ticket is good: by rules (a file of lines "KEY = VALUE", read at the start and at SIGHUP), asking stock (a URL), counting in the
// folder counts; change: what its release does otherwise (names: greets holders, of whom one in six has no name; promise: waits for
// nobody who counts). `door` shows a ticket to url, trusting ca, so often a second (rate), again so often (retries), and tells what
// failed; hasty=N: each Nth goes before the answer.
const fs = require("fs"), http = require("http"), https = require("https"), net = require("net"), path = require("path");
const options = {port: "0", change: "", rate: "4", retries: "0", say: "door", hasty: "0"};
for (const word of process.argv.slice(3)) {
  const at = word.indexOf("=");
  options[word.slice(0, at)] = word.slice(at + 1);
}
let rules = {opens: "19:00", late: "10"};

class RuleError extends Error {
  constructor(message) {
    super(message);
    this.name = "RuleError";
  }
}

function readRules() {
  rules = {};
  for (const line of fs.readFileSync(options.rules, "utf8").split("\n").filter(Boolean)) {
    const [key, value] = line.split(" = ");
    rules[key] = value;
  }
}

function minutes(time) {
  const parts = /^(\d+):(\d\d)$/.exec(time);
  if (!parts)
    throw new RuleError(`'${time}' is no time at which doors open`);
  return Number(parts[1]) * 60 + Number(parts[2]);
}

function holder(ticket) {
  return {ticket, name: ticket % 6 === 4 ? undefined : `holder ${ticket}`};
}

function greet(person) {
  return `Welcome, ${person.name.toUpperCase()}`;
}

async function count(ticket) {
  await fs.promises.appendFile(path.join(options.counts, String(ticket % 10)), `${ticket}\n`);
}

async function ask(url) {
  const answer = await fetch(url, {signal: AbortSignal.timeout(1500)});
  if (!answer.ok)
    throw new Error(`${url} answers ${answer.status}`);
  return answer.text();
}

async function admit(ticket) {
  const opens = minutes(rules.opens) + Number(rules.late);
  if (options.counts && options.change === "promise")
    count(ticket);
  else if (options.counts)
    await count(ticket);
  if (options.stock)
    await ask(options.stock + ticket);
  return options.change === "names" ? greet(holder(ticket)) : `${ticket} ${opens}`;
}

async function answer(request, response) {
  const ticket = Number(new URL(request.url, "http://gate").searchParams.get("n"));
  try {
    response.end(await admit(ticket));
  } catch (error) {
    console.error(`ticket ${ticket}:`, error);
    response.statusCode = 500;
    response.end();
  }
}

function show(ticket) {
  return new Promise((resolve, reject) => {
    const {get} = options.url.startsWith("https") ? https : http;
    const request = get(options.url + ticket, {timeout: 2000, agent: false, ca: options.ca && fs.readFileSync(options.ca)}, (page) => {
      page.resume();
      page.on("error", reject);
      page.on("end", () => page.statusCode < 400 ? resolve() : reject(new Error(`the gate answers ${page.statusCode}`)));
    });
    request.on("timeout", () => request.destroy(new Error("the gate says nothing")));
    request.on("error", reject);
  });
}

function leave() {
  const {hostname, port} = new URL(options.url);
  const gate = net.connect(Number(port), hostname, () => {
    gate.write("GET /?n=1 HTTP/1.0\r\n\r\n");
    gate.destroy();
  });
  gate.on("error", () => {});
}

async function stand(ticket, tries = 0) {
  try {
    await show(ticket);
  } catch (error) {
    if (tries >= Number(options.retries))
      return console.error(`${options.say}: ticket ${ticket}:`, error);
    setTimeout(stand, 500, ticket, tries + 1);
  }
}

if (options.rules) {
  readRules();
  process.on("SIGHUP", readRules);
}
if (process.argv[2] === "door") {
  let number = 0;
  setInterval(() => ++number % (Number(options.hasty) || Infinity) === 0 ? leave() : stand(number), 1000 / Number(options.rate));
} else if (options.cert) {
  const secure = {cert: fs.readFileSync(options.cert), key: fs.readFileSync(options.key)};
  https.createServer(secure, answer).listen(Number(options.port), "127.0.0.1");
} else {
  http.createServer(answer).listen(Number(options.port), "127.0.0.1");
}
