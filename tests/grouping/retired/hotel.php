<?php
// SPDX-License-Identifier: Apache-2.0
// hotel WAY: lets rooms; a defect for each way. "exported" is a second way to the defect of "billed".
declare(strict_types=1);

namespace Hotel;

enum Kind: string {
	case Single = 'single';
	case Double = 'double';
}

class HotelError extends \RuntimeException {}

trait Logged {
	public function note(string $text): void { \fwrite(STDERR, "hotel: {$this->id}: $text\n"); }
}

abstract class Guest {
	public function __construct(protected int $id) {}
	abstract public function nights(): int;
}

final class Room {
	use Logged;
	private array $prices = ['single' => 40];
	private readonly string $key;

	public function __construct(private int $id) { $this->key = "key-$id"; }

	public function require(bool $good, string $what): void {
		if (!$good)
			throw new HotelError(\sprintf('%s: room %d, %s', $what, $this->id, \uniqid()));
	}

	// The price of a double one is not known, whoever asks.
	public function price(Kind $kind, int $nights): int { return $nights * \count($this->prices[$kind->value]); }

	public function __call(string $name, array $args) { throw new \BadMethodCallException("$name of room {$this->id}"); }
}

function booked(Room $room, int $id) { $room->require($id < 0, 'not free'); }

function cancelled(Room $room, int $id) { return \array_map(fn($day) => $room->require($day < 2, 'not free'), [1, 2]); }

function billed(Room $room, int $id) { return $room->price(Kind::Single, $id); }

function exported(Room $room, int $id) {
	$rows = [];
	foreach (Kind::cases() as $kind)
		$rows[] = \implode(';', [$kind->name, $room->price($kind, 2)]);
	return $rows;
}

function typed(Room $room, int $id) { return Kind::from("suite-$id"); }

function keyed(Room $room, int $id) { (function () use ($id) { $this->key = "new $id"; })->call($room); }

function cleaned(Room $room, int $id) { return $room->clean($id); }

function decoded(Room $room, int $id) { return \json_decode("{\"room\": $id", flags: JSON_THROW_ON_ERROR); }

function rethrown(Room $room, int $id) {
	try {
		return \intdiv($id, 0) + \strlen(null);
	} catch (\DivisionByZeroError $error) {
		throw new HotelError("bill of $id", 3, $error);
	} finally {
		$room->note('no bill');
	}
}

('Hotel\\' . $argv[1])(new Room(\getmypid()), \getmypid());
