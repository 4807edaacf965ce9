# SPDX-License-Identifier: Apache-2.0
import logging

logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")


def handle():
    return {}["user"]


try:
    handle()
except KeyError:
    logging.getLogger("app").exception("request failed")
logging.getLogger("app").error("gave up: try again later")
