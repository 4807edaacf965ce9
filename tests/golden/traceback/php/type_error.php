<?php
// SPDX-License-Identifier: Apache-2.0
function double(int $n): int
{
    return $n * 2;
}

echo double("x");
