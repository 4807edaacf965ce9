// SPDX-License-Identifier: Apache-2.0
require("net").connect(1, "127.0.0.1");
