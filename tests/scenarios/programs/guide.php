<?php
// SPDX-License-Identifier: Apache-2.0
// Audio guide of a museum, for a web server: it tells of an exhibit (a line "TITLE;YEAR;MB" of the file that GUIDE_EXHIBITS names), loads
// its picture of so many MB, looks it up in PostgreSQL (GUIDE_DSN, GUIDE_QUERY with ?), and asks a URL (GUIDE_INSURER, again so often: GUIDE_RETRIES).
declare(strict_types=1);

function insured(int $number): string
{
    $context = stream_context_create(['http' => ['timeout' => 1.5]]);
    for ($tries = (int)getenv('GUIDE_RETRIES');; $tries--) {
        $text = @file_get_contents(getenv('GUIDE_INSURER') . "?exhibit=$number", false, $context);
        if ($text !== false) {
            return $text;
        }
        if ($tries <= 0) {
            throw new RuntimeException('the insurer does not answer: ' . (error_get_last()['message'] ?? ''));
        }
        usleep(400000);
    }
}

function century(?int $year): int
{
    return intdiv($year ?? 0, 100) + 1;
}

function picture(int $megabytes): int
{
    return strlen(str_repeat(random_bytes(1024), $megabytes * 1024));
}

function look_up(int $number): void
{
    $base = new PDO(getenv('GUIDE_DSN'), 'postgres');
    $query = $base->prepare(getenv('GUIDE_QUERY'));
    $query->execute([$number]);
}

function exhibit(int $number): string
{
    $lines = file(getenv('GUIDE_EXHIBITS'), FILE_IGNORE_NEW_LINES);
    [$title, $year, $megabytes] = explode(';', $lines[$number % count($lines)]);
    $century = century(is_numeric($year) ? (int)$year : null);
    picture((int)$megabytes);
    return "$title, $century. century\n";
}

$number = (int)($_GET['card'] ?? $_GET['n'] ?? 0);
$text = exhibit($number);
if (getenv('GUIDE_DSN')) {
    look_up($number);
}
if (getenv('GUIDE_INSURER')) {
    insured($number);
}
header('Content-Type: text/plain');
echo $text;
