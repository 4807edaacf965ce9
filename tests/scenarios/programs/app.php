<?php
// SPDX-License-Identifier: Apache-2.0
// A service in PHP that handles a request every so often, and its bugs: app.php [KEY=VALUE...], as app.py has them.
$options = ["every" => "0.3", "bug" => "", "odds" => "1", "after" => "0"];
foreach (array_slice($argv, 1) as $word) {
	[$key, $value] = explode("=", $word, 2);
	$options[$key] = $value;
}

class Cart
{
	public ?array $items = null;

	public function total(): int
	{
		return array_sum($this->items);
	}
}

function bug_type(): void
{
	(new Cart())->total();
}

function bug_read(array $options): void
{
	$limit = parse_ini_file($options["path"])["limit"] ?? throw new RuntimeException("no limit in " . $options["path"]);
	intdiv(100, (int)$limit);
}

for ($count = 1;; $count++) {
	usleep((int)((float)$options["every"] * 1000000));
	if (!$options["bug"] || $count <= (int)$options["after"] || $count % (int)$options["odds"])
		continue;
	("bug_" . $options["bug"])($options);
}
