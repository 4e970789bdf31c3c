"""The real binary, started on ports of its own choice with an empty data directory."""

import json
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time

import requests

ALGORITHMS = ("ES256", "EdDSA", "RS256", "PS256")
ADMIN_AUDIENCE = "urn:tokenbooth:admin"


REPORTER = "k1"


def reporters(folder):
    """A file with the public key of somebody who may report leaked keys; the private one lies beside it."""
    private = subprocess.run(
        ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        check=True, capture_output=True,
    ).stdout
    public = subprocess.run(["openssl", "pkey", "-pubout"], check=True, capture_output=True, input=private).stdout
    (folder / "reporter.pem").write_bytes(private)
    path = folder / "reporters.json"
    key = {"key_identifier": REPORTER, "key": public.decode("ascii"), "is_current": True}
    path.write_text(json.dumps({"public_keys": [key]}), encoding="ascii")
    return path


class Server:
    """A running `tokenbooth serve`, and what the tests have made in it."""

    def __init__(self, binary, folder, algorithms=ALGORITHMS):
        self.folder = pathlib.Path(folder)
        self.log_path = self.folder / "stderr.log"
        self.secrets = []
        self.process = subprocess.Popen(
            [
                binary, "serve", "--data-dir", str(self.folder / "data"), "--keys-dir", str(self.folder / "keys"),
                "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-format", "json",
            ],
            env={
                **os.environ,
                "TOKENBOOTH_ALGORITHMS": ",".join(algorithms),
                # The fuzz fails to authenticate all the time, and others ask from the same address.
                "TOKENBOOTH_RATE_LIMITS_FAILED_AUTHENTICATIONS": "none",
                "TOKENBOOTH_LEAK_KEYS_FILE": str(reporters(self.folder)),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self._ready = queue.Queue()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        try:
            ready = self._ready.get(timeout=30)
        except queue.Empty:
            ready = None
        if ready is None:
            self.stop()
            raise RuntimeError(f"no ready event; the server said:\n{self.log()}")
        self.public = address(ready["public"])
        self.admin = address(ready["admin"])
        self.issuer = ready["issuer"]
        self.root_key = (self.folder / "keys" / "root.key").read_text(encoding="ascii").strip()
        self.secrets.append(self.root_key)

    def _read_log(self):
        with self.log_path.open("wb") as log:
            for line in self.process.stderr:
                log.write(line)
                log.flush()
                if (event := ready_event(line)) is not None:
                    self._ready.put(event)
        self._ready.put(None)

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def stop(self):
        """Asks the server to end; gives its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self._reader.join(timeout=5)
        return status

    @property
    def token_url(self):
        return f"{self.public}/oauth2/token"

    @property
    def jwks_url(self):
        return f"{self.public}/oauth2/jwks"

    def administer(self, method, path, body=None, key=None):
        """One request to the admin API; gives its JSON, or None for an answer without body."""
        answer = requests.request(
            method, f"{self.admin}/admin/v1/{path}", json=body, timeout=10,
            headers={"Authorization": f"Bearer {key or self.root_key}"},
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def create_key(self, **members):
        key = self.administer("POST", "keys", members)
        self.secrets.append(key["key"])
        return key

    def token(self, key, **parameters):
        """An access token by client_credentials."""
        answer = requests.post(
            self.token_url, data={"grant_type": "client_credentials", **parameters}, auth=(key["id"], key["key"]),
            timeout=10,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]


def ready_event(line):
    """The event that says where the listeners are, if this line of the log is it."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    if not isinstance(event, dict):
        return None
    # Some log formats keep what belongs to an event in an object of its own.
    for place in (event, event.get("metadata")):
        if isinstance(place, dict) and {"public", "admin", "issuer"} <= place.keys():
            return place
    return None


def address(text):
    return text if text.startswith("http") else f"http://{text}"


def wait_until(condition, seconds=5):
    """Whether the condition came true in that time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
