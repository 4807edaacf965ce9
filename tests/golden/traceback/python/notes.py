# SPDX-License-Identifier: Apache-2.0
def fetch(url):
    error = ConnectionError("refused")
    error.add_note("while fetching " + url)
    error.add_note("attempt 3 of 3")
    raise error


try:
    fetch("http://backend:8080/")
except ConnectionError as error:
    raise RuntimeError("no data") from error
