// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
await readFile("/nonexistent/x");
