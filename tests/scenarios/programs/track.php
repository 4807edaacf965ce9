<?php
// SPDX-License-Identifier: Apache-2.0
// Pages on which people track their parcels, a router of php -S: ?parcel=N. Told by the environment: TRACK_CHANGE, what its release
// does otherwise (signature: counts the strokes of each); TRACK_RARE: one parcel in so many has no signature; TRACK_DSN and
// TRACK_QUERY of PostgreSQL; TRACK_BARCODE: a file of PHP that has the class Barcode; TRACK_GEOCODER: the address of one.
function told(string $key, ?string $else = null): ?string
{
	return getenv("TRACK_$key") ?: $else;
}

final class Parcel
{
	public readonly ?array $signature;

	public function __construct(public readonly int $number)
	{
		$this->signature = $number % (int)told("RARE", "4") ? [[1, 2], [3, 4]] : null;
	}
}

final class Page
{
	private array $rows = [];

	public function __construct(private Parcel $parcel)
	{
	}

	public function addPlace(): void
	{
		$base = new PDO("pgsql:" . told("DSN"), "postgres", null, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
		$this->rows += $base->query(told("QUERY"))->fetchAll();
	}

	public function addMap(string $geocoder): void
	{
		$socket = @stream_socket_client("tcp://$geocoder", $code, $text, 1);
		if (!$socket)
			throw new RuntimeException("no map of $geocoder: $text");
		stream_set_timeout($socket, 1);
		fwrite($socket, "LOCATE {$this->parcel->number}\r\n");
		$line = fgets($socket);
		fclose($socket);
		if ($line === false)
			throw new RuntimeException("no map of $geocoder: it says nothing");
		$this->rows[] = $line;
	}

	public function addSignature(): void
	{
		if (told("CHANGE") === "signature")
			$this->rows[] = count($this->parcel->signature) . " strokes";
		else
			$this->rows[] = $this->parcel->signature ? "signed" : "left at the door";
	}

	public function addBarcode(string $library): void
	{
		require_once $library;
		$this->rows[] = Barcode::checksum((string)$this->parcel->number);
	}

	public function text(): string
	{
		return json_encode(["parcel" => $this->parcel->number, "rows" => $this->rows]);
	}
}

$page = new Page(new Parcel((int)($_GET["parcel"] ?? 1)));
$page->addSignature();
if (told("DSN"))
	$page->addPlace();
if (told("BARCODE"))
	$page->addBarcode(told("BARCODE"));
if (told("GEOCODER"))
	$page->addMap(told("GEOCODER"));
header("Content-Type: application/json");
echo $page->text();
