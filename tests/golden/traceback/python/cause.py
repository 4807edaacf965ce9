# SPDX-License-Identifier: Apache-2.0
class ConfigError(Exception):
    pass


def port(text):
    try:
        return int(text)
    except ValueError as error:
        raise ConfigError("port is not a number: %r" % text) from error


port("80a")
