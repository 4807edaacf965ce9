<?php
// SPDX-License-Identifier: Apache-2.0
function customer($row) { return $row['customer']->name(); }
function total($row) { return intdiv($row['id'], count($row) - count($row)); }
function check($row) { throw new DomainException("order {$row['id']} is not valid"); }
function typed(int $n) { return $n; }
function wrong($row) { return typed("x" . $row['id']); }

function serve($way) { return $way(['id' => getmypid()]); }

serve($argv[1]);
