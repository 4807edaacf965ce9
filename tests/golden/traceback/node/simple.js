// SPDX-License-Identifier: Apache-2.0
class Order {
  total(items) {
    return items.reduce((sum, item) => sum + item.price.amount, 0);
  }
}

function main() {
  new Order().total([{ price: { amount: 1 } }, {}]);
}

main();
