// SPDX-License-Identifier: Apache-2.0
// chat WAY: rooms and what is said in them; a defect for each way. "replayed" is a second way to the defect of "posted".
const { EventEmitter } = require('events');
const { Worker } = require('worker_threads');
const stream = require('stream');
const util = require('util');

class ChatError extends Error {
	constructor(room, what, options) {
		super(`room ${room.id}: ${what}`, options);
		this.name = 'ChatError';
		this.code = 'E_CHAT';
	}
}

class Room extends EventEmitter {
	#members = [];
	constructor(id) { super(); this.id = id; this.topic = `topic ${id}`; }
	allow(good, what) { if (!good) throw new ChatError(this, `${what} at ${new Date().toISOString()}`); }
	get owner() { return this.#members[0].name; }
	static #key(room) { return room.topic.split('#')[1].trim(); }
	static keyOf(room) { return Room.#key(room); }
}

// Who formats is wrong, whoever has something said.
function formatted(message) { return message.lines.map((l) => l.text.toUpperCase()).join(message.mark); }

const sleep = util.promisify(setTimeout);

async function loaded(room) { await sleep(1); return room.history.at(-1).id; }

async function joined(room) { try { return await loaded(room); } catch (error) { throw new ChatError(room, 'cannot be joined', { cause: error }); } }

function* pages(room) { yield room.id; yield BigInt(room.id) + room.id; }

const ways = {
	kicked(room) { room.allow(room.id < 0, 'no operator'); },
	banned(room) { new Set(['a', 'b']).forEach(() => room.allow(room.id === -1, 'no operator')); },
	owned: (room) => room.owner.length,
	keyed: (room) => Room.keyOf(room),
	posted: (room) => formatted({ lines: [{ text: room.id }], mark: '\n' }),
	async replayed(room) { for await (const line of [sleep(1, { text: room.id % 7 })]) formatted({ lines: [line, line], mark: ' ' }); },
	joined,
	emitted(room) { room.on('said', (line) => line.from.name.length).emit('said', { text: `${room.id}` }); },
	piped(room) { stream.Readable.from(['a', 'b']).pipe(new stream.Transform({ objectMode: true, transform(chunk, _, done) { done(new ChatError(room, `bad chunk ${room.id % 9}`)); } })); },
	paged: (room) => [...pages(room)].length,
	frozen(room) { 'use strict'; Object.freeze(room).topic = `new ${room.id}`; },
	deep(room) { let rows = [room.id]; for (let n = 0; n < 20000; n++) rows = [rows]; return JSON.stringify(rows); },
	worked(room) { new Worker(`const rooms = new Map(); rooms.get(${room.id}).users.push(1)`, { eval: true }); },
	thrown(room) { process.nextTick(() => { throw `room ${room.id} is full`; }); },
};

ways[process.argv[2]](new Room(process.pid));
