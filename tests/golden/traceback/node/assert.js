// SPDX-License-Identifier: Apache-2.0
const assert = require("assert");
function check() {
  assert.strictEqual(1, 2);
}
check();
