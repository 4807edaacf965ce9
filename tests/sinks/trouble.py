# SPDX-License-Identifier: Apache-2.0
"""What a front before a receiver does to a sink, and that the events come all the same; modes are those of receivers/hostile_http.py."""
import hostile
from feed import SHORT, check, wait_for


def once(fed, front, modes, events, each):
    """Each mode for one request, of `each` of the events: it is a failure, and what comes after it delivers them."""
    for number, mode in enumerate(modes):
        front.mode(mode, 1)
        fed.events = events[each * number:each * (number + 1)]
        failures = fed.account("failures")
        fed.deliver()
        check(fed.account("failures") > failures, f"{mode} was taken for an answer")


def until_failure(fed, front, mode, events):
    """The mode for all requests until the first has failed."""
    front.mode(mode)
    fed.state.add(events)
    fed.wake()
    failures = fed.account("failures")
    wait_for(lambda: fed.listen() or fed.account("failures") > failures, 10, f"{mode} is understood as a failure: {fed.told()}")
    front.mode("pass")
    fed.deliver()


def in_turn(fed, front, modes):
    """Each mode until it has failed, with ten events; when it is to be short the first of the slow ones and every second of the
    others."""
    slow = [mode for mode in modes if mode.startswith(("slow", "silent", "endless"))]
    events = list(hostile.events(10 * len(modes), seed=3))
    fed.start()
    for number, mode in enumerate(modes):
        if SHORT and (mode in slow[1:] or mode not in slow and number % 2):
            continue
        until_failure(fed, front, mode, events[10 * number:10 * number + 10])
