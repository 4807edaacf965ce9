// SPDX-License-Identifier: Apache-2.0
require("no-such-module");
