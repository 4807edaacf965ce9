<?php
// SPDX-License-Identifier: Apache-2.0
namespace Shop;

class ConfigError extends \RuntimeException
{
}

function port(string $text): void
{
    try {
        throw new \ValueError("not a number: $text");
    } catch (\ValueError $e) {
        throw new ConfigError("port is broken", 3, $e);
    }
}

try {
    port("80a");
} catch (ConfigError $e) {
    throw new \LogicException("cannot start", 0, $e);
}
