// SPDX-License-Identifier: Apache-2.0
const fs = require('fs');

function customer(row) { return row.customer.name; }
function total(row) { return row.price(); }
function save(row) { return fs.readFileSync(`/tmp/none-${process.pid}/order-${row.id}`); }
function decode(row) { return JSON.parse('{' + row.id); }
function check(row) { throw new RangeError(`order ${row.id} of ${Date.now()} is not valid`); }
const steps = { customer, total, save, decode, check,
	later: (row) => setTimeout(() => customer(row), 5),
	refused: async (row) => { await null; throw new Error(`refused ${row.id}`); },
	aborts: () => process.abort() };

function serve(way) { return steps[way]({ id: process.pid }); }

serve(process.argv[2]);
