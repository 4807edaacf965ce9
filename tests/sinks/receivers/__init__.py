# SPDX-License-Identifier: Apache-2.0
"""Receivers of events for the tests of the sinks: real ones, and doubles that are named so. Each has start(), stop(), kill()
(SIGKILL), restart() with the same port and data, and received(): what has come in, a list of dicts."""
