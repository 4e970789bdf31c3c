"""From the start of the process to its first token."""

import socket
import time

from . import http
from .server import free_port


def first_token_ms(server, credential, times):
    """Milliseconds of each of some starts with a port that is known beforehand."""
    results = []
    for _ in range(times):
        port = free_port()
        begin = time.monotonic()
        server.spawn(port)
        status, body = first_answer(port, http.token_request(credential), begin + 30)
        results.append((time.monotonic() - begin) * 1000)
        if status != 200:
            raise SystemExit(f"answer {status}: {body.decode(errors='replace')}")
        server.stop()
    return results


def first_answer(port, request, end):
    """Asks again every 2 ms until there is an answer; whoever is accepted and left waiting gives up after a second."""
    while time.monotonic() < end:
        connection = None
        try:
            connection = http.Connection(("127.0.0.1", port), timeout=1)
            return connection.ask(request)
        except (ConnectionError, socket.timeout):
            time.sleep(0.002)
        finally:
            if connection is not None:
                connection.close()
    raise SystemExit("the server does not answer 30 seconds after its start")
