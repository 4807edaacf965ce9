<?php
// SPDX-License-Identifier: Apache-2.0
// Pays refunds of a tax office: refund.php [KEY=VALUE...]. every: seconds a refund; bank: a URL that takes it; library: whose
// function tax() reckons it, opened for each; dsn, query: of PostgreSQL, query with one ?. What fails is told and lived on, or
// ends it with fatal=1.
declare(strict_types=1);
ini_set("display_errors", "stderr");
ini_set("log_errors", "0");
$options = ["every" => "0.35", "fatal" => "0"];
foreach (array_slice($argv, 1) as $word) {
	[$key, $value] = explode("=", $word, 2);
	$options[$key] = $value;
}

final class Refund
{
	public function __construct(public readonly int $number, public readonly int $cents)
	{
	}
}

final class BankException extends RuntimeException
{
}

final class Payout
{
	private ?PDO $base = null;

	public function __construct(private array $options)
	{
	}

	private function reckon(Refund $refund): int
	{
		return isset($this->options["library"])
			? FFI::cdef("int tax(int n);", $this->options["library"])->tax($refund->cents) : $refund->cents;
	}

	private function note(Refund $refund): void
	{
		try {
			$this->base ??= new PDO("pgsql:" . $this->options["dsn"], "postgres", null, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
			$this->base->prepare($this->options["query"])->execute([$refund->number]);
		} catch (PDOException $error) {
			$this->base = null;
			throw $error;
		}
	}

	private function transfer(int $cents): void
	{
		$context = stream_context_create(["http" => ["timeout" => 1, "ignore_errors" => true]]);
		if (@file_get_contents("{$this->options["bank"]}?cents=$cents", false, $context) === false)
			throw new BankException("no answer of the bank: " . error_get_last()["message"]);
		if (!preg_match("/ 200 /", $http_response_header[0]))
			throw new BankException("the bank answers {$http_response_header[0]}");
	}

	public function pay(Refund $refund): void
	{
		$cents = $this->reckon($refund);
		if (isset($this->options["dsn"]))
			$this->note($refund);
		if (isset($this->options["bank"]))
			$this->transfer($cents);
	}
}

$payout = new Payout($options);
for ($count = 1;; $count++) {
	usleep((int)((float)$options["every"] * 1000000));
	try {
		$payout->pay(new Refund($count, $count * 997 % 50000));
	} catch (Throwable $error) {
		if ($options["fatal"])
			throw $error;
		fwrite(STDERR, "PHP Fatal error:  Uncaught $error\n  thrown in {$error->getFile()} on line {$error->getLine()}\n");
	}
}
