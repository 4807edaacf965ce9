// SPDX-License-Identifier: Apache-2.0
// drone WAY: plans and flies; a defect for each way.
const { EventEmitter } = require('events');
const fs = require('fs');

class FlightError extends Error {
	constructor(flight, text, options) {
		super(`flight ${flight}: ${text}`, options);
		this.name = 'FlightError';
		this.flight = flight;
	}
}

class Battery {
	#charge;
	constructor(charge) { this.#charge = charge; }
	drain(by) {
		if (by > this.#charge)
			throw new RangeError(`cannot drain ${by} of ${this.#charge}`);
		this.#charge -= by;
		return this.#charge;
	}
}

class Drone extends EventEmitter {
	constructor(id) {
		super();
		this.id = id;
		this.battery = new Battery(id % 50);
		this.route = [{ x: 1, y: 2 }, { x: id, y: 3 }, undefined];
		this.motors = new Map([['front', { rpm: 900 }]]);
	}

	leg(from, to) { return Math.hypot(to.x - from.x, to.y - from.y); }

	rpm(motor) { return this.motors.get(motor).rpm; }

	hover(seconds) { return this.battery.drain(seconds * 10); }

	climb(metres) { return this.battery.drain(metres + 60); }
}

function measured(drone) {
	return drone.route.reduce((sum, point, at, all) => at ? sum + drone.leg(all[at - 1], point) : 0, 0);
}

function spun(drone) { return ['front', 'rear'].map(motor => drone.rpm(motor)); }

function hovered(drone) { return [1, 2, 3, 4].map(seconds => drone.hover(seconds)); }

function climbed(drone) { return drone.climb(drone.id % 40); }

function loadMap(id) {
	try {
		return fs.readFileSync(`/tmp/drone-${id}/map.json`, 'utf8');
	} catch (error) {
		throw new FlightError(id, 'has no map', { cause: error });
	}
}

function mapped(drone) { return loadMap(drone.id).length; }

function configured(drone) {
	const settings = JSON.parse(`{"height": ${drone.id}, "speed": }`);
	return settings.height;
}

async function weather(id) {
	await new Promise(done => setTimeout(done, 2));
	throw new FlightError(id, `wind is ${id % 30 + 20} m/s`);
}

async function allowed(drone) {
	const [wind, visibility] = await Promise.all([weather(drone.id), 3]);
	return wind < visibility;
}

function landed(drone) {
	drone.on('landed', place => place.pad.toFixed(1));
	setImmediate(() => drone.emit('landed', { x: drone.id }));
}

function filmed(drone) {
	const camera = new EventEmitter();
	setTimeout(() => camera.emit('error', new Error(`lens ${drone.id} is dirty`)), 1);
}

function search(drone, x, y) { return search(drone, y + 1, x) + drone.leg({ x, y }, { x: y, y: x }); }

function searched(drone) { return search(drone, drone.id, 0); }

function packed(drone) {
	const packet = Buffer.alloc(4);
	packet.writeUInt16BE(drone.id * 70000, 0);
	return packet;
}

function grounded(drone) {
	console.error(`drone: ${drone.id} is grounded until ${drone.id % 24}:00`);
	process.exit(4);
}

const ways = { measured, spun, hovered, climbed, mapped, configured, allowed, landed, filmed, searched, packed, grounded };
ways[process.argv[2]](new Drone(process.pid));
