// SPDX-License-Identifier: Apache-2.0
const assert = require('assert');
const fs = require('fs');

class Station {
	#songs = new Map();
	constructor(id) { this.id = id; }
	get current() { return this.#songs.get(this.id).title; }
	static of(list, id) { return list.find((s) => s.id === id).songs.length; }
}

function required(good, what) { if (!good) throw new Error(`${what} of station ${process.pid} at ${Date.now()}`); }

const ways = {
	tuned(s) { required(s.songs, 'no songs'); },
	muted(s) { return [1, 2].map((n) => required(n > 2, 'no volume')); },
	current: (s) => s.current,
	unknown: (s) => Station.of([s], s.id + 1),
	read: (s) => fs.readFileSync(`/tmp/radio-${s.id}/songs.json`),
	async listed(s) {
		const wait = (ms) => new Promise((r) => setTimeout(r, ms));
		await Promise.all([wait(1), wait(2).then(() => s.songs.sort())]);
	},
	async chained(s) {
		try { await ways.listed(s); } catch (error) { throw new RangeError(`station ${s.id} is off`, { cause: error }); }
	},
	later(s) { setTimeout(() => { s.antenna.raise(s.id); }, 1); },
	compared(s) { assert.strictEqual(s.id, -1); },
	parsed: (s) => JSON.parse(`[${s.id}, ]`),
	looped(s) { const f = (n) => g(n + 1), g = (n) => f(n + 1); return f(s.id); },
	quiet(s) { console.error(`radio: frequency ${s.id % 100}.${s.id % 7} is taken by ${s.id.toString(16)}`); process.exit(5); },
};

ways[process.argv[2]](new Station(process.pid));
