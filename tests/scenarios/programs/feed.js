// SPDX-License-Identifier: Apache-2.0
// A service in Node that asks another one over HTTP and shows what it says: feed.js [KEY=VALUE...]. Keys: every, url (whom it
// asks), field (of the answer, JSON), port (where it shows it), bug (reject: a promise that nobody waits for), odds.
const http = require("http");
const options = {every: "0.3", url: "", field: "", port: "", bug: "", odds: "1"};
for (const word of process.argv.slice(2)) {
  const at = word.indexOf("=");
  options[word.slice(0, at)] = word.slice(at + 1);
}
let last = "", count = 0;

function ask(url) {
  return new Promise((resolve, reject) => {
    const request = http.get(url, {timeout: 1000}, (answer) => {
      let text = "";
      answer.on("data", (part) => { text += part; });
      answer.on("end", () => resolve(text));
      answer.on("error", reject);
    });
    request.on("timeout", () => request.destroy(new Error("timeout: no answer of " + url)));
    request.on("error", reject);
  });
}

async function refresh() {
  const text = await ask(options.url);
  last = options.field ? JSON.parse(text)[options.field].toFixed(2) : text;
}

async function publish() {
  count++;
  if (options.bug === "reject" && count % Number(options.odds) === 0)
    throw new RangeError("no page " + count);
}

if (options.port)
  http.createServer((request, answer) => answer.end(last)).listen(Number(options.port), "127.0.0.1");
setInterval(() => {
  if (options.url)
    refresh().catch((error) => console.error(error.stack));
  publish();
}, Number(options.every) * 1000);
