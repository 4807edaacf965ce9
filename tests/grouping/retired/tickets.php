<?php
// SPDX-License-Identifier: Apache-2.0
class Ticket {
	public function __construct(private int $id) {}

	public function previous() {
		try {
			return $this->number("t" . $this->id);
		} catch (TypeError $error) {
			throw new RuntimeException("ticket {$this->id} at " . microtime(true), 3, $error);
		}
	}

	private function number(int $n) { return $n; }

	public function mapped() { return array_map(fn($n) => $n % ($n - $n), [$this->id, 2]); }

	public static function lookup($rows, $id) { return $rows[$id]->open(); }

	public function looked() { return self::lookup([$this->id => null], $this->id); }

	public function matched() { return match (true) { $this->id < 0 => 1 }; }
}

function run($way) { return (new Ticket(getmypid()))->$way(); }

run($argv[1]);
