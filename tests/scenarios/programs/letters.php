<?php
// SPDX-License-Identifier: Apache-2.0
// Writes letters to patients: letters.php [KEY=VALUE...]. every: seconds a letter; template: a file with {name} and such, read each
// time; spool: a folder for letters of kb each; dsn, query: of PostgreSQL; bus: address at which it tells of a letter; change: what
// its release does otherwise (latin: letters are turned to ISO 8859-1, fonts: a child for each letter that nobody waits for).
// What fails is told and lived on, or ends it with fatal=1.
ini_set("display_errors", "stderr");
ini_set("log_errors", "0");
$options = ["every" => "0.3", "change" => "", "kb" => "4", "fatal" => "0", "rare" => "6"];
foreach (array_slice($argv, 1) as $word) {
	[$key, $value] = explode("=", $word, 2);
	$options[$key] = $value;
}

final class Patient
{
	public function __construct(public readonly string $name, public readonly string $town)
	{
	}
}

final class Letter
{
	public function __construct(private string $text)
	{
	}

	public function fill(array $values): string
	{
		return preg_replace_callback("/{(\w+)}/", fn($found) => $values[$found[1]]
			?? throw new DomainException("the template asks for {$found[1]}, which is not known"), $this->text);
	}

	public static function latin(string $text): string
	{
		return self::wrap(@iconv("UTF-8", "ISO-8859-1", $text));
	}

	private static function wrap(string|bool $text): string
	{
		return wordwrap($text ?: throw new UnexpectedValueException("a letter of no text"), 70);
	}
}

function ask(array $options): void
{
	static $base = null;
	try {
		$base ??= new PDO("pgsql:" . $options["dsn"], "postgres", null, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
		$base->query($options["query"])->fetchAll();
	} catch (PDOException $error) {
		$base = null;
		throw $error;
	}
}

function tell(string $bus, int $count): void
{
	$socket = @stream_socket_client("tcp://$bus", $code, $text, 1);
	if (!$socket)
		throw new RuntimeException("cannot tell the bus: $text");
	fwrite($socket, "PUB letters {\"letter\": $count}\n");
	fclose($socket);
}

function spool(string $folder, int $count, string $text): void
{
	if (@file_put_contents("$folder/letter-$count.ps", $text) !== strlen($text))
		throw new RuntimeException("cannot spool a letter: " . (error_get_last()["message"] ?? "cut short"));
}

function render(string $text): void
{
	static $children = [];
	$child = @proc_open(["sh", "-c", "sleep 3; true"], [], $pipes);
	if (!$child)
		throw new RuntimeException("cannot render: " . (error_get_last()["message"] ?? "no child"));
	$children[] = $child;
}

function write(array $options, int $count): void
{
	$patient = $count % (int)$options["rare"] ? new Patient("Müller", "Köln") : new Patient("Wałęsa", "Łódź");
	$letter = new Letter(isset($options["template"]) ? file_get_contents($options["template"]) : "Dear {name} of {town},\n");
	if (isset($options["dsn"]))
		ask($options);
	$text = $letter->fill(["name" => $patient->name, "town" => $patient->town, "date" => date("Y-m-d")]);
	if ($options["change"] === "latin")
		$text = Letter::latin($text);
	if ($options["change"] === "fonts")
		render($text);
	if (isset($options["spool"]))
		spool($options["spool"], $count, str_pad($text, (int)$options["kb"] << 10, " "));
	if (isset($options["bus"]))
		tell($options["bus"], $count);
}

for ($count = 1;; $count++) {
	usleep((int)((float)$options["every"] * 1000000));
	try {
		write($options, $count);
	} catch (Throwable $error) {
		if ($options["fatal"])
			throw $error;
		fwrite(STDERR, "PHP Fatal error:  Uncaught $error\n  thrown in {$error->getFile()} on line {$error->getLine()}\n");
	}
}
