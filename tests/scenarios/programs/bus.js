// SPDX-License-Identifier: Apache-2.0
// A message bus: bus.js ROLE [KEY=VALUE...]. `bus` listens at port for lines "SUB topic" and "PUB topic {…}" and hands these on; journal: a
// file that each message is appended to, begun anew at 8 MB; change: what its release does otherwise (module: wants one that was not
// delivered, urgent: asks for what old publishers do not send, history: keeps kb for each message). `sub` and `pub` are
// its clients at the address to, which come back after a second; tell=0: without a word.
const fs = require("fs"), net = require("net");
const options = {port: "0", journal: "", change: "", kb: "64", topic: "results", every: "0.3", tell: "1"};
for (const word of process.argv.slice(3)) {
  const at = word.indexOf("=");
  options[word.slice(0, at)] = word.slice(at + 1);
}

class Topic {
  constructor(name) {
    this.name = name;
    this.readers = new Set();
    this.history = [];
  }

  publish(message) {
    if (options.change === "urgent" && message.priority.level > 3)
      this.history.length = 0;
    if (options.change === "history")
      this.history.push(Buffer.alloc(Number(options.kb) << 10, 1));
    for (const reader of this.readers)
      reader.write(JSON.stringify(message) + "\n");
  }
}

const topics = new Map();

function topic(name) {
  if (!topics.has(name))
    topics.set(name, new Topic(name));
  return topics.get(name);
}

function journal(line) {
  if (fs.existsSync(options.journal) && fs.statSync(options.journal).size > 8 << 20)
    fs.truncateSync(options.journal);
  fs.appendFileSync(options.journal, line.padEnd(Number(options.kb) << 10) + "\n");
}

function handle(client, line) {
  const [verb, name, ...rest] = line.split(" ");
  if (verb === "SUB")
    topic(name).readers.add(client);
  if (verb !== "PUB")
    return;
  topic(name).publish(JSON.parse(rest.join(" ")));
  try {
    if (options.journal)
      journal(line);
  } catch (error) {
    console.error(error.stack);
  }
}

function serve(client) {
  let text = "";
  client.on("data", (data) => {
    text += data;
    for (let end; (end = text.indexOf("\n")) >= 0; text = text.slice(end + 1))
      handle(client, text.slice(0, end));
  });
  client.on("error", () => client.destroy());
  client.on("close", () => topics.forEach((one) => one.readers.delete(client)));
}

function connect() {
  const [host, port] = options.to.split(":");
  const bus = net.connect({host, port: Number(port)});
  let timer, count = 0;
  bus.on("connect", () => {
    if (process.argv[2] === "sub")
      bus.write(`SUB ${options.topic}\n`);
    else
      timer = setInterval(() => bus.write(`PUB ${options.topic} {"id": ${++count}}\n`), Number(options.every) * 1000);
  });
  bus.on("data", () => {});
  bus.on("error", (error) => options.tell === "1" && console.error(error.stack));
  bus.on("close", () => {
    clearInterval(timer);
    setTimeout(connect, 1000);
  });
}

if (options.change === "module")
  require("./urgency");
if (process.argv[2] === "bus")
  net.createServer(serve).listen(Number(options.port), "127.0.0.1");
else
  connect();
