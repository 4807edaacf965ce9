// SPDX-License-Identifier: Apache-2.0
// Announces trains and their delays: announce.js [KEY=VALUE...]. every: seconds an announcement; board: URL of the departures,
// trusting ca, asked again so often (retries); weather: URL of whoever tells of it, or of what else is asked; voices: JSON, a file for
// each language, read at its start; change: what its release does otherwise (voices: it wants one for each language). Tells what fails
// in lines of JSON.
const assert = require("assert"), fs = require("fs");
const options = {every: "0.4", change: "", retries: "0"};
for (const word of process.argv.slice(2)) {
  const at = word.indexOf("=");
  options[word.slice(0, at)] = word.slice(at + 1);
}
const LANGUAGES = ["de", "en", "fr"];

function tell(level, error) {
  process.stderr.write(JSON.stringify({time: new Date().toISOString(), level, name: "announce", msg: error.message,
    err: {type: error.name, code: error.code, stack: error.stack}}) + "\n");
}

function get(url) {
  const http = require(url.startsWith("https") ? "https" : "http");
  return new Promise((resolve, reject) => {
    const request = http.get(url, {timeout: 1000, agent: false, ca: options.ca && fs.readFileSync(options.ca)}, (answer) => {
      let text = "";
      answer.on("data", (data) => text += data);
      answer.on("error", reject);
      answer.on("end", () => answer.statusCode < 400 ? resolve(text)
        : reject(new Error(`${url} answers ${answer.statusCode} ${answer.statusMessage}`)));
    });
    request.on("timeout", () => request.destroy(new Error(`${url} says nothing`)));
    request.on("error", reject);
  });
}

async function ask(url) {
  for (let tries = 0;; tries++) {
    try {
      return await get(url);
    } catch (error) {
      if (tries >= Number(options.retries))
        throw error;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
}

function sentence(train) {
  const late = train.delay > 0 ? `, about ${train.delay.toFixed(0)} minutes late` : "";
  return `${train.train} leaves${late}`;
}

async function announce(count) {
  const train = options.board ? JSON.parse(await ask(options.board + count)) : {train: "RE 1", delay: count % 3};
  if (options.weather)
    await ask(options.weather);
  return sentence(train);
}

function warmUp() {
  const voices = options.voices ? JSON.parse(fs.readFileSync(options.voices, "utf8")) : {};
  for (const language of LANGUAGES)
    assert.ok(options.change !== "voices" || voices[language], `no voice speaks ${language}`);
}

warmUp();
let count = 0;
setInterval(() => announce(++count).catch((error) => tell("error", error)), Number(options.every) * 1000);
