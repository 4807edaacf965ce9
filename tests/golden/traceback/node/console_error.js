// SPDX-License-Identifier: Apache-2.0
function parse() {
  null.x;
}
try {
  parse();
} catch (error) {
  console.error("request failed:", error);
}
console.error("goes on");
