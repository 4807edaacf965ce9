<?php
// SPDX-License-Identifier: Apache-2.0
class Stage {
	public ?Stage $next = null;
	public function __construct(private int $id) {}
	public function need(bool $good) { if (!$good) throw new DomainException("stage {$this->id} is dark"); }
	public function lit() { $this->need(false); }
	public function played() { foreach ([1, 2] as $n) $this->need($n > 1); }
	public function nextName() { return $this->next->name(); }
	public function typed() { return (function (int $n) { return $n; })("s" . $this->id); }
	public function shared() { return intdiv($this->id, 0); }
	public function wrapped() {
		try { return $this->shared(); } catch (ArithmeticError $error) { throw new LogicException("seat {$this->id}", 1, $error); }
	}
	public function sorted() { $rows = [1, 2]; usort($rows, fn($a, $b) => $a->row <=> $b->row()); return $rows; }
	public function undefined() { return curtain($this->id); }
	public function generated() { $rows = (function () { yield $this->id; throw new UnexpectedValueException("act {$this->id}"); })(); foreach ($rows as $row); }
}

function run($way) { return (new Stage(getmypid()))->$way(); }

run($argv[1]);
