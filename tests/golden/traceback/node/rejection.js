// SPDX-License-Identifier: Apache-2.0
async function fetchUser(id) {
  await null;
  throw new TypeError(`no user ${id}`);
}

fetchUser(7);
