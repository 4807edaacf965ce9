// SPDX-License-Identifier: Apache-2.0
function port(text) {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new Error("configuration is broken", { cause: error });
  }
}

port("{80");
