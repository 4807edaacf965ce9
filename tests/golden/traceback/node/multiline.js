// SPDX-License-Identifier: Apache-2.0
function check() {
  throw new Error("two\nlines");
}
check();
