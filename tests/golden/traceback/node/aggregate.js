// SPDX-License-Identifier: Apache-2.0
async function main() {
  await Promise.any([
    Promise.reject(new TypeError("first mirror")),
    Promise.reject(new RangeError("second mirror")),
  ]);
}

main();
