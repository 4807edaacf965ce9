// SPDX-License-Identifier: Apache-2.0
class PaymentError extends Error {
  constructor(message, code) {
    super(message);
    this.name = "PaymentError";
    this.code = code;
    this.details = { order: 12, items: ["a"] };
  }
}

function pay() {
  throw new PaymentError("declined", "E_DECLINED");
}

setTimeout(() => pay(), 1);
