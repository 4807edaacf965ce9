<?php
require 'Psr/Log/autoload.php';
require 'Monolog/autoload.php';

class NoSuchOrder extends RuntimeException {}

function total(int $id): int
{
    throw new NoSuchOrder("no order $id");
}

function pay(int $id): int
{
    try {
        return total($id);
    } catch (NoSuchOrder $e) {
        throw new App\PaymentFailed("order $id was not paid", 3, $e);
    }
}

$handler = new Monolog\Handler\StreamHandler('php://stderr');
if (in_array('trace', $argv)) {
    $handler->getFormatter()->includeStacktraces();
}
if (in_array('json', $argv)) {
    $handler->setFormatter(new Monolog\Formatter\JsonFormatter());
    $handler->getFormatter()->includeStacktraces();
}
$log = new Monolog\Logger('shop', [$handler]);
eval('namespace App; class PaymentFailed extends \DomainException {}');
$log->info('listening');
try {
    pay(41);
} catch (App\PaymentFailed $e) {
    $log->error('request failed: ' . $e->getMessage(), ['order' => 41, 'exception' => $e]);
}
$log->warning('still here', ['order' => 41]);
