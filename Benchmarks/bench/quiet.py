"""Rest between measurements: what one load has left behind must not be counted to the next."""

import time

USAGE_ROWS = "tokenbooth_usage_rows_written_total"
#: Counters of use are written every five seconds.
USAGE_PAUSE = 6


def wait(servers, timeout=10):
    """Until all of them together take at most a hundredth of a second of CPU in half a second; at most `timeout` seconds."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        before = cpu_seconds(servers)
        time.sleep(0.5)
        if cpu_seconds(servers) - before < 0.015:
            return


def cpu_seconds(servers):
    return sum(server.cpu_seconds() for server in servers)


def settle(servers, timeout=30):
    """Until servers with many keys in use have written their counters; at most `timeout` seconds."""
    begin = changed = time.monotonic()
    written = None
    while time.monotonic() - changed < USAGE_PAUSE and time.monotonic() - begin < timeout:
        now = sum(server.metric(USAGE_ROWS) for server in servers)
        if now != written:
            written, changed = now, time.monotonic()
        time.sleep(0.5)
