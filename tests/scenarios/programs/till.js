// SPDX-License-Identifier: Apache-2.0
// A shop in Node: till.js [KEY=VALUE...]. port: where it listens; every: seconds from one request of its own to the next, 0: none;
// shelf: URL of a service that it asks at each request; flags: a file that is read at each request; bug (at one request in odds,
// after so many): cart, coupon, parse, sockets (keeps a connection to `hold`), late (rejects after the answer). fatal=1: it ends.
const fs = require("fs"), http = require("http"), net = require("net");
const options = {port: "0", every: "0.3", shelf: "", flags: "", bug: "", odds: "1", after: "0", fatal: "0", hold: ""};
for (const word of process.argv.slice(2)) {
  const at = word.indexOf("=");
  options[word.slice(0, at)] = word.slice(at + 1);
}
const held = [];
let count = 0;

class Cart {
  constructor(rows) {
    this.rows = rows;
  }

  total() {
    return this.rows.reduce((sum, row) => sum + row.price.amount, 0);
  }
}

const bugs = {
  cart: () => new Cart([{price: null}]).total(),
  coupon: () => ({codes: undefined}).codes.map((code) => code.trim()),
  parse: () => JSON.parse("{\"total\": NaN}"),
  sockets: () => {
    const [host, port] = options.hold.split(":");
    const peer = net.connect({host, port: Number(port)});
    peer.on("error", (error) => console.error(error.stack));
    held.push(peer);
  },
  late: () => void Promise.resolve().then(() => new Cart([{}]).total()),
};

function readFlags() {
  for (const line of fs.readFileSync(options.flags, "utf8").split("\n").filter(Boolean)) {
    const [name, state] = line.split(" ");
    if (name === "bundles" && state === "on")
      new Cart([{price: {amount: 2}}, {bundle: "tea"}]).total();
  }
}

function askShelf() {
  const request = http.get(options.shelf, {timeout: 1000, agent: false}, (answer) => {
    answer.resume();
    answer.on("error", (error) => console.error(error.stack));
  });
  request.on("timeout", () => request.destroy(new Error("timeout: no answer of the shelf")));
  request.on("error", (error) => console.error(error.stack));
}

function handle() {
  count++;
  try {
    if (options.flags)
      readFlags();
    if (options.shelf)
      askShelf();
    if (options.bug && count > Number(options.after) && count % Number(options.odds) === 0)
      bugs[options.bug]();
  } catch (error) {
    if (options.fatal === "1")
      throw error;
    console.error(error.stack);
  }
}

if (options.port !== "0") {
  const server = http.createServer((request, answer) => {
    handle();
    answer.end("ok\n");
  });
  server.on("clientError", (error, socket) => socket.destroy());
  server.listen(Number(options.port), "127.0.0.1");
}
if (options.every !== "0")
  setInterval(handle, Number(options.every) * 1000);
