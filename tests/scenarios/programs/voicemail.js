// SPDX-License-Identifier: Apache-2.0
// Voicemail of a telephone company: voicemail.js ROLE [KEY=VALUE...]. `box` serves HTTP at port and keeps messages of kb each in folder,
// the last keep of them; transcribe: URL that makes text of each (within wait milliseconds), of which it tells if that fails; change:
// what its release does otherwise (anonymous: writes numbers as they are dialled from abroad; store: calls the folder store).
// `callers` leave a message at the URL to every so many seconds, one of five without a number, and tell what was not taken.
const fs = require("fs"), http = require("http"), path = require("path");
const options = {port: "0", change: "", every: "0.25", wait: "800", kb: "8", keep: "40"};
for (const word of process.argv.slice(3)) {
  const at = word.indexOf("=");
  options[word.slice(0, at)] = word.slice(at + 1);
}

class Message {
  constructor(count, caller) {
    this.count = count;
    this.caller = caller;
  }

  heading() {
    if (options.change === "anonymous")
      return this.caller.replace(/^0/, "+49");
    return this.caller || "anonymous";
  }
}

function keep(message, heading) {
  const file = path.join(options.folder, `${message.count % Number(options.keep)}.wav`);
  fs.writeFileSync(file, Buffer.alloc(Number(options.kb) << 10, heading));
}

async function transcribe(message) {
  const answer = await fetch(`${options.transcribe}?message=${message.count}`, {signal: AbortSignal.timeout(Number(options.wait))});
  if (!answer.ok)
    throw new Error(`${options.transcribe} answers ${answer.status}`);
}

function take(message, response) {
  const end = (error) => {
    if (error)
      console.error(error);
    response.statusCode = error ? 500 : 200;
    response.end("\n");
  };
  setTimeout(() => {
    const heading = message.heading();
    try {
      if (options.folder)
        keep(message, heading);
    } catch (error) {
      end(error);
      return;
    }
    options.transcribe ? transcribe(message).then(() => end(), end) : end();
  }, 5);
}

function box() {
  if (options.change === "store" && options.folder) {
    console.error("usage: voicemail box port=PORT store=FOLDER (folder= is no option any more)");
    process.exit(64);
  }
  http.createServer((request, response) => {
    const query = new URL(request.url, "http://box").searchParams;
    take(new Message(Number(query.get("count")), query.get("caller") ?? undefined), response);
  }).listen(Number(options.port), "127.0.0.1");
}

function call(count) {
  const caller = count % 5 === 4 ? "" : `&caller=0341${count}`;
  const request = http.get(`${options.to}?count=${count}${caller}`, {timeout: 2000}, (answer) => {
    answer.resume();
    if (answer.statusCode >= 500)
      console.error(new Error(`${options.to} answers ${answer.statusCode}`));
  });
  request.on("timeout", () => request.destroy(new Error("no answer in time")));
  request.on("error", (error) => console.error(error));
}

if (process.argv[2] === "box") {
  box();
} else {
  let count = 0;
  setInterval(() => call(++count), Number(options.every) * 1000);
}
