// SPDX-License-Identifier: Apache-2.0
// A service in Node that handles a request every so often, and its bugs: app.js [KEY=VALUE...], as app.py has them.
const fs = require("fs"), net = require("net"), tls = require("tls");
const options = {every: "0.3", bug: "", odds: "1", after: "0", mb: "2", region: "eu"};
for (const word of process.argv.slice(2)) {
  const at = word.indexOf("=");
  options[word.slice(0, at)] = word.slice(at + 1);
}
const held = [];
let count = 0;

const bugs = {
  type: () => ({items: null}).items.length,
  // Nobody waits for the promise: Node ends the process.
  reject: async () => { await null; return ({}).total.toFixed(2); },
  leak: () => held.push(Buffer.alloc(Number(options.mb) << 20, 1)),
  read: () => JSON.parse(fs.readFileSync(options.path, "utf8")),
  tls: () => tls.createSecureContext({ca: fs.readFileSync(options.path), cert: fs.readFileSync(options.path)}),
  connect: () => {
    const [host, port] = options.peer.split(":");
    const peer = net.connect({host, port: Number(port)}, () => peer.write("PING\r\n"));
    peer.setTimeout(1000, () => peer.destroy(new Error("timeout: no answer of " + host)));
    peer.on("data", () => peer.destroy());
    peer.on("error", (error) => console.error(error.stack));
  },
};

function handle() {
  count++;
  if (!options.bug || count <= Number(options.after) || count % Number(options.odds))
    return;
  if (options.bug.startsWith("raise_"))
    return void bugs[options.bug.slice(6)]();
  try {
    bugs[options.bug]();
  } catch (error) {
    console.error(error.stack);
  }
}
if (options.bug === "listen") {
  // Its own certificate, read once.
  const file = (name) => fs.readFileSync(options.path + "/" + name);
  tls.createServer({key: file("tls.key"), cert: file("tls.pem")}).listen(Number(options.port), "127.0.0.1");
}
setInterval(options.bug === "listen" ? () => 0 : handle, Number(options.every) * 1000);
