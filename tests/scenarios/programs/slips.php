<?php
// SPDX-License-Identifier: Apache-2.0
// Prizes of a lottery, for a web server: of the pot and the winners of a class, which is that of the members of a slip (a line
// "POT WINNERS" of the file that SLIPS_DRAW names), asking a URL (SLIPS_RESULTS) for the results, so often again as SLIPS_RETRIES says.
declare(strict_types=1);

function retried(string $url): string
{
    $context = stream_context_create(['http' => ['timeout' => 1.5]]);
    for ($tries = (int)getenv('SLIPS_RETRIES');; $tries--) {
        $text = @file_get_contents($url, false, $context);
        if ($text !== false) {
            return $text;
        }
        if ($tries <= 0) {
            throw new RuntimeException("no results from $url: " . (error_get_last()['message'] ?? ''));
        }
        usleep(400000);
    }
}

function share(int $class): int
{
    $lines = file(getenv('SLIPS_DRAW'), FILE_IGNORE_NEW_LINES);
    [$pot, $winners] = array_map('intval', explode(' ', $lines[$class % count($lines)]));
    return intdiv($pot, $winners);
}

$class = (int)($_GET['members'] ?? 0);
$cents = getenv('SLIPS_DRAW') ? share($class) : 1000;
if (getenv('SLIPS_RESULTS')) {
    retried(getenv('SLIPS_RESULTS'));
}
header('Content-Type: text/plain');
echo $cents, " cents\n";
