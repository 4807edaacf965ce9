// SPDX-License-Identifier: Apache-2.0
const assert = require("assert");
function run() {
  try {
    undefinedFunction();
  } catch (error) {
    console.error(error.stack);
  }
}
[1].map(() => run());
