// SPDX-License-Identifier: Apache-2.0
throw "a string";
