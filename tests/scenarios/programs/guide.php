<?php
// SPDX-License-Identifier: Apache-2.0
// Audio guide of a museum, for a web server: it tells of an exhibit (a line "TITLE;YEAR;MB" of the file that GUIDE_EXHIBITS names),
// and loads its picture of so many MB.
declare(strict_types=1);

function century(?int $year): int
{
    return intdiv($year ?? 0, 100) + 1;
}

function picture(int $megabytes): int
{
    return strlen(str_repeat(random_bytes(1024), $megabytes * 1024));
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
header('Content-Type: text/plain');
echo $text;
