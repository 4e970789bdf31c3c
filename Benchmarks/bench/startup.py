"""From the start of the process to its first token."""

import socket
import statistics
import time

from . import http
from .server import free_port


def first_token_ms(server, credential, times=5):
    """The median, with the spread, of starts with a port that is known beforehand."""
    results = []
    for _ in range(times):
        port = free_port()
        begin = time.monotonic()
        server.spawn(port)
        connection = connect(port, begin + 30)
        status, body = connection.ask(http.token_request(credential))
        results.append((time.monotonic() - begin) * 1000)
        if status != 200:
            raise SystemExit(f"answer {status}: {body.decode(errors='replace')}")
        connection.close()
        server.stop()
    return statistics.median(results), results


def connect(port, end):
    while True:
        try:
            return http.Connection(("127.0.0.1", port))
        except (ConnectionRefusedError, socket.timeout):
            if time.monotonic() > end:
                raise SystemExit("the server does not listen after 30 seconds") from None
            time.sleep(0.002)
