"""A server with its keys, warm and ready to be measured."""

import subprocess
import sys
import time
from pathlib import Path

from . import copies, http, life, openloop, population
from .server import Server


class Site:
    """`count` keys are made; then the server is started again, and every key is used once.

    More than `BY_API` are copies of one that was made through the admin API.
    """

    BY_API = 1_000
    #: So many keys are used over more connections, whose memory counts little then.
    VERY_MANY = 1_000_000

    def __init__(self, tools, name, count, algorithm="ES256", tls=False):
        self.directory = tools.directory / name
        self.algorithm = algorithm
        environment = {"TOKENBOOTH_ALGORITHMS": algorithm}
        self.server = Server(tools.binary, self.directory, environment=environment)
        tools.running.append(self.server)
        self.server.start()
        begin = time.monotonic()
        population.make_catalogue(self.server)
        self.credentials = population.create(self.server, min(count, self.BY_API))
        self.server.stop()
        if count > self.BY_API:
            database = self.directory / "data" / "tokenbooth.db"
            self.credentials += copies.add(database, count - self.BY_API)
        seconds = time.monotonic() - begin
        self.server.tls = certificate(self.directory) if tls else None
        self.server.start()
        self.file = life.write(self, "credentials", self.credentials)
        if not tls:
            requests = openloop.write_requests(
                self.directory / "requests", map(http.token_request, self.credentials))
            tools.generator.ask_each_once(self.server.public, requests, 64 if count < self.VERY_MANY else 256)
        print(f"{name}: {count} keys made in {seconds:.1f} s, ready", file=sys.stderr)


def certificate(directory):
    """A certificate of a day and its key, P-256."""
    files = Path(directory) / "tls.crt", Path(directory) / "tls.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-subj", "/CN=localhost", "-days", "1", "-out", files[0], "-keyout", files[1]],
        check=True, stderr=subprocess.DEVNULL)
    return files
