<?php
// SPDX-License-Identifier: Apache-2.0
echo $undefined;
echo [1][5];
