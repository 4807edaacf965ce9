<?php
// SPDX-License-Identifier: Apache-2.0
$f = function (array $x) {
    return array_map(fn ($y) => intdiv($y, 0), $x);
};
$f([1]);
