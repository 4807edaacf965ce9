// SPDX-License-Identifier: Apache-2.0
Promise.reject("just a string");
