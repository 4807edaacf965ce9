<?php
// SPDX-License-Identifier: Apache-2.0
function run()
{
    no_such_function(1);
}

run();
