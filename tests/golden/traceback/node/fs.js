// SPDX-License-Identifier: Apache-2.0
const fs = require("fs");
function load() {
  return fs.readFileSync("/nonexistent/config.json");
}
load();
