// SPDX-License-Identifier: Apache-2.0
const { EventEmitter } = require('events');

class Feed extends EventEmitter {
	constructor(id) { super(); this.id = id; this.rows = new Map(); }
	get(key) { return this.rows.get(key).value; }
	missing() { return this.get(`row-${this.id}`) + 1; }
	emitted() { this.emit('error', new Error(`feed ${this.id} was cut after ${Date.now()} ms`)); }
	caused() {
		try { return JSON.parse(`{${this.id}`); } catch (error) {
			throw new TypeError(`feed ${this.id} is not valid`, { cause: error });
		}
	}
	reduced() { return [1, 2].reduce((sum, n) => sum + n.items.length, 0); }
	async fetched(n) { await new Promise((r) => setTimeout(r, 2)); return n.body.length; }
	async waited() { return await this.fetched({ id: this.id }); }
	deep(n = this.id) { return this.deep(n + 1) + 1; }
}

function run(way) { return new Feed(process.pid)[way](); }

run(process.argv[2]);
