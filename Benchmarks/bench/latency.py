"""The open loop: latency from the intended start at shares of the capacity, and what more than that does."""

import contextlib
import itertools
import threading
import time

from . import http, life, quiet

SHARES = (25, 50, 70, 90)
CONNECTIONS = 256
#: Overload: clients with many connections, who give up after a second, or after 50 ms without a free connection.
OVERLOAD = {"connections": 2_000, "patience_ms": 50, "timeout_ms": 1_000}
#: A server has recovered when this many tokens in a row each took no more than these milliseconds.
RECOVERED_COUNT, RECOVERED_MS = 50, 50


class OpenLoop:
    """On one server, with a file of token requests.

    What is offered is a share of the capacity that was measured last: the machine's is another one minutes later.
    """

    def __init__(self, generator, site, requests, request):
        self.generator, self.site, self.server = generator, site, site.server
        self.requests, self.request = requests, request
        self.capacity = []
        self.below = {share: [] for share in SHARES}
        self.above = {2: [], 10: []}

    def measure_capacity(self, seconds):
        """Tokens per second of a closed loop by the same generator."""
        quiet.wait([self.server])
        self.server.begin_run()
        result = self.generator.run(self.server.public, self.requests, 0, seconds, 64)
        self.capacity.append(result["answered"] / result["seconds"])

    def measure_below(self, share, seconds):
        self.server.begin_run()
        rate = self.capacity[-1] * share / 100
        result = self.generator.run(self.server.public, self.requests, rate, seconds, CONNECTIONS)
        result["answered_percent"] = 100 * result["answered"] / result["offered"]
        self.below[share].append(result)

    def measure_above(self, factor, seconds):
        """Goodput: answers in time, a second. Beside it others ask over connections of their own."""
        capacity = self.capacity[-1]
        probes = self.probes(seconds)
        self.server.begin_run()
        with contextlib.ExitStack() as stack:
            for probe in probes.values():
                stack.enter_context(probe)
            result = self.generator.run(
                self.server.public, self.requests, capacity * factor, seconds, **OVERLOAD)
            end = time.monotonic()
        result["goodput_percent"] = 100 * result["answered"] / seconds / capacity
        result["recovery_seconds"] = self.recovery(end)
        result["rss_mb"] = self.server.peak_rss_mb()
        for name, probe in probes.items():
            result[f"{name}_answered_percent"] = 100 * len(probe.latencies) / max(1, probe.asked)
            result[f"{name}_max_ms"] = max(probe.latencies, default=0)
        if self.server.process.poll() is not None:
            raise SystemExit(f"the server did not survive {factor} times its capacity")
        self.above[factor].append(result)

    def probes(self, seconds):
        """What must be answered whatever the load; every revocation is of another token that is alive."""
        lines = life.mint(self.site, (seconds + 2) * Probe.EACH_SECOND)
        revocations = [http.post_form(b"/oauth2/revoke", form, caller) for caller, form in (
            line.split(b" ", 1) for line in lines)]
        requests = {
            "health": itertools.repeat(http.get(b"/healthz")), "jwks": itertools.repeat(http.get(b"/oauth2/jwks")),
            "revoke": iter(revocations),
        }
        return {name: Probe(self.server.public, each) for name, each in requests.items()}

    def recovery(self, begin, timeout=30):
        """Seconds from `begin` until tokens are as fast as ever, counted to the first of a row of fast ones."""
        fast, since = 0, None
        while time.monotonic() < begin + timeout:
            start = time.monotonic()
            try:
                connection = http.Connection(self.server.public, timeout=1)
                status, _ = connection.ask(self.request)
                connection.close()
            except OSError:
                status = None
            took = (time.monotonic() - start) * 1000
            if status != 200 or took > RECOVERED_MS:
                fast = 0
                continue
            since = start if fast == 0 else since
            fast += 1
            if fast == RECOVERED_COUNT:
                return since - begin
        # As long as was waited: more than any limit.
        return timeout


class Probe:
    """Sends a request every 100 ms over a new connection, as an orchestrator does; it gives up after a second."""

    EACH_SECOND = 10

    def __init__(self, address, requests):
        """`requests` are sent in turn; when there are no more, the probe ends."""
        self.address, self.requests = address, requests
        self.asked, self.latencies = 0, []
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.probe)

    def probe(self):
        while not self.stopped.wait(1 / self.EACH_SECOND):
            request = next(self.requests, None)
            if request is None:
                return
            self.asked += 1
            start = time.monotonic()
            try:
                with contextlib.closing(http.Connection(self.address, timeout=1)) as connection:
                    status, _ = connection.ask(request)
            except OSError:
                continue
            if status < 300:
                self.latencies.append((time.monotonic() - start) * 1000)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()
