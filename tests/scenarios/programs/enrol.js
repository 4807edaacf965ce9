// SPDX-License-Identifier: Apache-2.0
// Enrolment at a university: enrol.js ROLE [KEY=VALUE...]. `desk` serves HTTP at port and gives out the seats of courses, which it
// keeps in the file state over a restart; fees: URL of who is paid for each seat (within wait milliseconds); settings: JSON with a
// limit of courses, read each time; change: what its release does otherwise (waitlist). `students` enrol at the URL to, every so
// many seconds, and tell what they could not; hurry=1: one of five hangs up before the answer, one of nine asks for no course.
const fs = require("fs"), http = require("http");
const options = {port: "0", change: "", every: "0.2", wait: "800", state: "", hurry: "0"};
for (const word of process.argv.slice(3)) {
  const at = word.indexOf("=");
  options[word.slice(0, at)] = word.slice(at + 1);
}

class Course {
  constructor(name, seats) {
    this.name = name;
    this.seats = seats;
    this.taken = 0;
  }

  enrol(student) {
    if (this.taken >= this.seats)
      return this.wait(student);
    this.taken++;
    return 200;
  }

  wait(student) {
    if (options.change === "waitlist")
      this.waiting.push(student);
    return 409;
  }
}

const courses = [["law", 20], ["logic", 30], ["greek", 45], ["optics", 70], ["anatomy", 900]].map((row) => new Course(...row));

function load() {
  if (!options.state || !fs.existsSync(options.state))
    return;
  const counts = JSON.parse(fs.readFileSync(options.state, "utf8"));
  courses.forEach((course) => course.taken = counts[course.name]);
}

function save() {
  const counts = Object.fromEntries(courses.map((course) => [course.name, course.taken]));
  fs.writeFileSync(options.state + ".new", JSON.stringify(counts));
  fs.renameSync(options.state + ".new", options.state);
}

async function pay(student) {
  const answer = await fetch(`${options.fees}?student=${student}`, {signal: AbortSignal.timeout(Number(options.wait))});
  if (!answer.ok)
    throw new Error(`fees: ${options.fees} answers ${answer.status}`);
}

async function enrol(query) {
  const student = Number(query.get("student")), course = courses[student % courses.length];
  if (query.get("course"))
    return 404;
  if (options.settings && JSON.parse(fs.readFileSync(options.settings, "utf8")).limit.courses < 1)
    return 403;
  if (options.fees)
    await pay(student);
  const status = course.enrol(student);
  if (options.state)
    save();
  return status;
}

async function answer(request, response) {
  try {
    response.statusCode = await enrol(new URL(request.url, "http://desk").searchParams);
  } catch (error) {
    console.error(error);
    response.statusCode = 500;
  }
  response.end("\n");
}

function ask(count) {
  const odd = count % 9 === 0 && options.hurry === "1" ? "&course=alchemy" : "";
  const request = http.get(`${options.to}?student=${count}${odd}`, {timeout: 2000}, (answer) => {
    answer.resume();
    if (answer.statusCode >= 500)
      console.error(new Error(`${options.to} answers ${answer.statusCode}`));
  });
  let gone = false;
  request.on("timeout", () => request.destroy(new Error("no answer in time")));
  request.on("error", (error) => gone || console.error(error));
  if (options.hurry === "1" && count % 5 === 0)
    setTimeout(() => { gone = true; request.destroy(); }, 2);
}

if (process.argv[2] === "desk") {
  load();
  http.createServer(answer).listen(Number(options.port), "127.0.0.1");
} else {
  let count = 0;
  setInterval(() => ask(++count), Number(options.every) * 1000);
}
