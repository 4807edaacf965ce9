<?php
// SPDX-License-Identifier: Apache-2.0
class NoLoan extends Exception
{
}

function order(int $id): void
{
    throw new NoLoan("no loan $id\nin the book: none");
}

function handle(int $id): void
{
    try {
        order($id);
    } catch (NoLoan $e) {
        throw new RuntimeException("cannot lend", 3, $e);
    }
}

try {
    handle(7);
} catch (RuntimeException $e) {
    error_log($e);
}
try {
    order(8);
} catch (NoLoan $e) {
    error_log($e);
}
error_log("goes on");
