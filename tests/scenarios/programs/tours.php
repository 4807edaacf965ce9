<?php
// SPDX-License-Identifier: Apache-2.0
// Tours of a waste collection, in PHP: tours.php [key=value...]. Every so many seconds one bin is emptied: bins: a file of lines "NUMBER KILOS
// LITRES", read in turn; dsn (of PDO) and query with one ?; scales: HOST:PORT that is told, again so often (retries); log: a file that is
// appended to, with kb of it each time; change: what its release does otherwise (density: kilos by litres; codes: asks a method that
// bins have not got). fatal=1: it ends of what fails with status 75, else it tells it and goes on.
declare(strict_types=1);

$options = ['every' => '0.3', 'change' => '', 'retries' => '0', 'kb' => '1', 'fatal' => '0'];
foreach (array_slice($argv, 1) as $word) {
	[$key, $value] = explode('=', $word, 2);
	$options[$key] = $value;
}

final class Bin
{
	public function __construct(public int $number, public int $kilos, public int $litres)
	{
	}

	public function fee(): int
	{
		return 40 + 3 * $this->kilos;
	}
}

function next_bin(string $path, int $count): Bin
{
	$lines = file($path, FILE_IGNORE_NEW_LINES | FILE_SKIP_EMPTY_LINES);
	[$number, $kilos, $litres] = explode(' ', $lines[$count % count($lines)]);
	return new Bin((int)$number, (int)$kilos, (int)$litres);
}

function ask_base(array $options, int $count): void
{
	static $base = null;
	try {
		$base ??= new PDO($options['dsn'], 'postgres', '', [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
		$base->prepare($options['query'])->execute([$count]);
	} catch (PDOException $error) {
		$base = null;
		throw $error;
	}
}

function tell_scales(array $options, Bin $bin): void
{
	for ($tries = (int)$options['retries']; ; $tries--) {
		$scales = @stream_socket_client('tcp://' . $options['scales'], $number, $text, 1);
		if ($scales) {
			stream_set_timeout($scales, 1);
			fwrite($scales, "GET /bin?n=$bin->number HTTP/1.0\r\n\r\n");
			$answer = fgets($scales);
			fclose($scales);
			if (is_string($answer) && str_contains($answer, ' 200'))
				return;
			$text = is_string($answer) ? 'answer ' . trim($answer) : 'say nothing';
		}
		if ($tries <= 0)
			throw new RuntimeException("the scales $options[scales]: $text");
		usleep(400000);
	}
}

function note(array $options, Bin $bin): void
{
	$line = str_pad("$bin->number $bin->kilos ", 1024 * (int)$options['kb'] - 1, '.') . "\n";
	if (@file_put_contents($options['log'], $line, FILE_APPEND) !== strlen($line))
		throw new RuntimeException("cannot write $options[log]: " . (error_get_last()['message'] ?? 'cut short'));
}

function collect(array $options, int $count): void
{
	$bin = isset($options['bins']) ? next_bin($options['bins'], $count) : new Bin($count, 12, 120);
	if ($options['change'] === 'density' && intdiv($bin->litres, $bin->kilos) > 50)
		fwrite(STDERR, "bin $bin->number is nearly empty\n");
	if ($options['change'] === 'codes' && $count % 4 === 3)
		$bin->code();
	if (isset($options['dsn']))
		ask_base($options, $count);
	if (isset($options['scales']))
		tell_scales($options, $bin);
	if (isset($options['log']))
		note($options, $bin);
}

for ($count = 1; ; $count++) {
	usleep((int)((float)$options['every'] * 1e6));
	try {
		collect($options, $count);
	} catch (Throwable $error) {
		fwrite(STDERR, "PHP Fatal error:  Uncaught $error\n  thrown in {$error->getFile()} on line {$error->getLine()}\n");
		if ($options['fatal'] === '1')
			exit(75);
	}
}
