"""The real binary as the torture runs use it: started, killed and started again on one data directory."""

import functools
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import time
import urllib.parse

ISSUER = "https://booth.example"
PRELOAD = pathlib.Path(__file__).resolve().parents[1] / "Preload"
API_KEY_TYPE = "urn:tokenbooth:token-type:api-key"
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)


class Vanished(Exception):
    """The connection ended before the answer: whether the request was carried out is not known."""


class Answer:
    """One HTTP answer."""

    __slots__ = ("status", "head", "body")

    def __init__(self, status, head, body):
        self.status, self.head, self.body = status, head, body

    def json(self):
        return json.loads(self.body) if self.body else None

    def __repr__(self):
        return f"{self.status} {self.body[:120].decode(errors='replace')}"


class Connection:
    """One keep-alive connection; requests may be sent ahead, their answers come in order."""

    def __init__(self, port, timeout=30):
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        except OSError as error:
            raise Vanished(str(error)) from error
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Vanished(str(error)) from error

    def receive(self):
        """The next answer.

        Raises Vanished when there is none.
        """
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            self._read()
        head = self.buffer[: end + 2]
        status = int(head[9:12])
        match = LENGTH.search(head)
        total = end + 4 + (int(match.group(1)) if match and status not in (204, 304) else 0)
        while len(self.buffer) < total:
            self._read()
        body, self.buffer = self.buffer[end + 4 : total], self.buffer[total:]
        return Answer(status, head, body)

    def ask(self, data):
        self.send(data)
        return self.receive()

    def close(self):
        self.socket.close()

    def _read(self):
        try:
            data = self.socket.recv(65536)
        except OSError as error:
            raise Vanished(str(error)) from error
        if not data:
            raise Vanished("closed by the server")
        self.buffer += data


def request(method, path, body=b"", content_type=None, key=None):
    """The bytes of one request."""
    fields = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    if key is not None:
        fields.append(f"Authorization: Bearer {key}")
    if content_type is not None:
        fields += [f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    return "\r\n".join(fields).encode() + b"\r\n\r\n" + body


def form(path, key=None, **parameters):
    """A form posted to the public listener, authenticated with an API key."""
    parameters = {name: value for name, value in parameters.items() if value is not None}
    body = urllib.parse.urlencode(parameters).encode()
    return request("POST", path, body, "application/x-www-form-urlencoded", key)


@functools.cache
def preloaded(name):
    """The path of a library of Tests/Preload, compiled now."""
    return subprocess.run([PRELOAD / "build.sh", name], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


class Booth:
    """`tokenbooth serve` on ports of its own choice; data and keys outlive the process."""

    def __init__(self, binary, folder, settings=None, clock=None):
        """Prepares; `settings` is the configuration file's content, `clock` a second (UNIX time) to stand still at."""
        self.binary, self.folder = str(binary), pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config = self.folder / "tokenbooth.yaml"
        # JSON is YAML.
        self.config.write_text(json.dumps(settings or {"log_level": "info"}))
        self.clock, self.clock_file = None, None
        if clock is not None:
            self.clock_file = self.folder / "clock"
            self.set_clock(clock)
        self.process = None

    def set_clock(self, second):
        """Moves the wall clock of the running server; it stands still in between."""
        self.clock = second
        # In place and at once: the server has the file in its memory.
        file = os.open(self.clock_file, os.O_RDWR | os.O_CREAT, 0o600)
        os.pwrite(file, struct.pack("=q", second), 0)
        os.close(file)

    @property
    def now(self):
        """The second that the server takes it to be."""
        return int(time.time()) if self.clock is None else self.clock

    def start(self):
        """Starts the server and waits until it is ready; raises RuntimeError when it ends instead."""
        log = self.folder / "log"
        environment = {**os.environ, "TOKENBOOTH_RATE_LIMITS_FAILED_AUTHENTICATIONS": "none"}
        if self.clock_file is not None:
            environment |= {"LD_PRELOAD": preloaded("wallclock"), "WALL_CLOCK_FILE": str(self.clock_file),
                            "WALL_CLOCK_STANDS": "1"}
        command = [
            self.binary, "serve", "--config", str(self.config),
            "--data-dir", str(self.folder / "data"), "--keys-dir", str(self.folder / "keys"),
            "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--issuer", ISSUER, "--log-format", "json",
        ]
        with log.open("wb") as sink:
            self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=sink)
        end = time.monotonic() + 60
        while (ready := self._ready(log)) is None:
            if self.process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-4000:]}")
            time.sleep(0.002)
        self.public, self.admin = (int(ready[name].rsplit(":", 1)[1]) for name in ("public", "admin"))
        self.root_key = (self.folder / "keys" / "root.key").read_text(encoding="ascii").strip()
        return self

    @staticmethod
    def _ready(log):
        for line in log.read_bytes().splitlines():
            if b'"ready"' in line and b'"public"' in line:
                try:
                    event = json.loads(line)
                except ValueError:
                    continue
                return event.get("metadata", event)
        return None

    def last_words(self):
        """How a server has ended that should be running, and what it said of it."""
        if self.process.poll() is None:
            return "the server is running"
        text = (self.folder / "log").read_text(errors="replace")
        # A crash is told with the stack of the thread that crashed.
        start = max(text.find("*** "), 0) or max(len(text) - 2000, 0)
        return f"the server ended with {self.process.returncode}: {text[start:start + 6000]}"

    def kill(self):
        """SIGKILL; returns when the process is gone."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM; gives the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            pass
        self.kill()
        return self.process.returncode

    def administer(self, method, path, body=None, connection=None):
        """One request to the admin API with the root key."""
        own = connection or Connection(self.admin)
        try:
            return own.ask(self.administration(method, path, body))
        finally:
            if connection is None:
                own.close()

    def administration(self, method, path, body=None):
        content_type = None
        if body is not None:
            content_type = "application/merge-patch+json" if method == "PATCH" else "application/json"
            body = json.dumps(body).encode()
        return request(method, f"/admin/v1/{path}", body or b"", content_type, self.root_key)

    def get(self, path):
        """One GET of the public listener."""
        connection = Connection(self.public)
        try:
            return connection.ask(request("GET", path))
        finally:
            connection.close()

    def metrics(self):
        """The samples of /metrics that have no label, and the sums of those that have."""
        connection = Connection(self.admin)
        text = connection.ask(request("GET", "/metrics")).body.decode()
        connection.close()
        found = {}
        for line in text.splitlines():
            if match := re.fullmatch(r"(\w+)(?:\{.*\})? (\S+)", line):
                found[match.group(1)] = found.get(match.group(1), 0) + float(match.group(2))
        return found

    def offers(self):
        """What the running binary can do: grant types, and `revoke` and `introspect`."""
        metadata = self.get("/.well-known/oauth-authorization-server").json()
        features = set(metadata.get("grant_types_supported", ()))
        features |= {name for name in ("revocation", "introspection") if f"{name}_endpoint" in metadata}
        return features
