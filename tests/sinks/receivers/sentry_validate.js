// SPDX-License-Identifier: Apache-2.0
// Checks events (a JSON array on standard input) against the schema of @sentry/core's types, with what native events have beside
// them by Sentry's documentation (frames and images of ELF files), and against Relay's event.schema.json where its path is given.
// Prints a JSON array of [index, error]. Usage: sentry_validate.js FOLDER [RELAY-SCHEMA]
"use strict";
const fs = require("fs");
const [folder, relay] = process.argv.slice(2);
const Ajv = require(`${folder}/node_modules/ajv`).default;
const formats = require(`${folder}/node_modules/ajv-formats`);
const address = { type: "string", pattern: "^0x[0-9a-f]+$" };

function ours() {
	const schema = JSON.parse(fs.readFileSync(`${folder}/event.schema.json`));
	const { StackFrame, Stacktrace, Mechanism, DebugImage, ErrorEvent } = schema.definitions;
	Object.assign(StackFrame.properties, {
		instruction_addr: address, symbol_addr: address, image_addr: address, package: { type: "string" },
		data: { type: "object" }, lineno: { type: "integer", minimum: 0 }, trust: { enum: ["none", "scan", "cfi-scan", "fp", "cfi", "context", "prewalked"] },
	});
	Stacktrace.properties.registers = { type: "object", additionalProperties: address };
	const signal = { number: { type: "integer" }, code: { type: "integer" }, name: { type: "string" }, code_name: { type: "string" } };
	Mechanism.properties.meta = { type: "object", additionalProperties: false,
		properties: { signal: { type: "object", additionalProperties: false, required: ["number"], properties: signal } } };
	Mechanism.properties.description = { type: "string" };
	DebugImage.anyOf.push({
		type: "object", additionalProperties: false, required: ["type", "debug_id", "image_addr"],
		properties: {
			type: { const: "elf" }, code_file: { type: "string" }, debug_file: { type: "string" },
			code_id: { type: "string", pattern: "^[0-9a-f]*$" }, arch: { type: "string" },
			debug_id: { type: "string", pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(-[0-9a-f]+)?$" },
			image_addr: address, image_vmaddr: address, image_size: { type: "integer", minimum: 0 },
		},
	});
	// The SDK sets the type of an error event to undefined: absent, on the wire.
	ErrorEvent.required = ["event_id", "timestamp", "platform", "level"];
	delete ErrorEvent.properties.type;
	// Both forms are Sentry's; other than the SDK's type this one is that of exception and threads.
	const { breadcrumbs } = ErrorEvent.properties;
	Object.assign(ErrorEvent.properties, {
		breadcrumbs: { anyOf: [breadcrumbs, { type: "object", required: ["values"], additionalProperties: false,
			properties: { values: breadcrumbs } }] },
		event_id: { type: "string", pattern: "^[0-9a-f]{32}$" },
		timestamp: { anyOf: [{ type: "number" }, { type: "string", format: "date-time" }] },
	});
	return schema;
}

const ajv = new Ajv({ strict: false });
formats(ajv);
const checks = [ajv.compile(ours())];
if (relay)
	checks.push(ajv.compile(JSON.parse(fs.readFileSync(relay))));
const found = [];
JSON.parse(fs.readFileSync(0)).forEach((event, index) => {
	for (const check of checks)
		if (!check(event))
			found.push([index, ajv.errorsText(check.errors)]);
});
console.log(JSON.stringify(found));
