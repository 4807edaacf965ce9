<?php
// SPDX-License-Identifier: Apache-2.0
function run()
{
    ini_set('memory_limit', '2M');
    $a = str_repeat("x", 100000000);
}

run();
