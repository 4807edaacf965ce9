<?php
// SPDX-License-Identifier: Apache-2.0
class Order
{
    public function total(array $items): int
    {
        throw new InvalidArgumentException("item without price");
    }
}

function main(): void
{
    (new Order())->total([1, 2]);
}

main();
