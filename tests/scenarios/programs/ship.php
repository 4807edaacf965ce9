<?php
// SPDX-License-Identifier: Apache-2.0
// A service in PHP that writes shipments every so often: ship.php [KEY=VALUE...]. every: seconds; dsn, user, query: of PostgreSQL, asked
// each time, on a new connection each time with fresh=1; redis: port of a redis in which it counts; peer: a carrier that it asks;
// bug (at one shipment in odds): rate, route. What fails is told and lived on, or ends it with fatal=1.
ini_set("display_errors", "stderr");
ini_set("log_errors", "0");
$options = ["every" => "0.3", "bug" => "", "odds" => "1", "fatal" => "0", "fresh" => "0", "user" => "postgres"];
foreach (array_slice($argv, 1) as $word) {
	[$key, $value] = explode("=", $word, 2);
	$options[$key] = $value;
}

final class Carrier
{
	public function __construct(private array $rates)
	{
	}

	public function rate(string $zone): int
	{
		return $this->rates[$zone] ?? throw new OutOfBoundsException("no rate for the zone $zone");
	}

	public function route(?string $depot): string
	{
		return strtoupper($depot) . str_repeat("-", -1);
	}
}

function ask(string $peer): void
{
	[$host, $port] = explode(":", $peer);
	$socket = @stream_socket_client("tcp://$host:$port", $code, $text, 1);
	if (!$socket)
		throw new RuntimeException("carrier: $text");
	stream_set_timeout($socket, 1);
	fwrite($socket, "TRACK\r\n");
	if (!fgets($socket))
		throw new RuntimeException("carrier: no answer");
	fclose($socket);
}

function store(array $options): void
{
	static $database = null;
	if ($options["fresh"])
		$database = null;
	try {
		$database ??= new PDO("pgsql:" . $options["dsn"], $options["user"], null, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
		$database->query($options["query"])->fetchAll();
	} catch (PDOException $error) {
		$database = null;
		throw $error;
	}
}

function ship(array $options, int $count): void
{
	if (isset($options["dsn"]))
		store($options);
	if (isset($options["redis"])) {
		$redis = new Redis();
		$redis->connect("127.0.0.1", (int)$options["redis"], 1);
		$redis->incr("shipments");
	}
	if (isset($options["peer"]))
		ask($options["peer"]);
	if ($options["bug"] && $count % (int)$options["odds"] === 0)
		$options["bug"] === "rate" ? (new Carrier(["A" => 4]))->rate("B") : (new Carrier([]))->route(null);
}

for ($count = 1;; $count++) {
	usleep((int)((float)$options["every"] * 1000000));
	try {
		ship($options, $count);
	} catch (Throwable $error) {
		if ($options["fatal"])
			throw $error;
		fwrite(STDERR, "PHP Fatal error:  Uncaught $error\n  thrown in {$error->getFile()} on line {$error->getLine()}\n");
	}
}
