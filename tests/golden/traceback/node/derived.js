// SPDX-License-Identifier: Apache-2.0
class NoLoan extends TypeError {}

function order(id) {
  const e = new NoLoan(`no loan ${id}`, { cause: new Error("nobody knows") });
  e.code = "ENOLOAN";
  throw e;
}

try {
  order(7);
} catch (e) {
  console.error("cannot lend:", e);
}
console.error("goes on");
