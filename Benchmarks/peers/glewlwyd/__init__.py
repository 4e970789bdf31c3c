"""Debian's glewlwyd: ES256 over SQLite in WAL, set up through its own admin API."""

import base64
import json
import shutil
import sqlite3
import subprocess
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

from ..process import Peer

HERE = Path(__file__).resolve().parent
SCHEMA = Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
#: The first administrator of its schema.
ADMINISTRATOR = {"username": "admin", "password": "password"}
SECRET = "K0dRxYVHbGzPqm2SEnU8w5cTfA7iJ4sLhW9v"
CLIENTS = 100


class Glewlwyd(Peer):
    """`iterations` are those of PBKDF2 over the clients' secrets, its only method on SQLite: 1 is the fastest."""

    token_path = "/api/oidc/token"

    def __init__(self, directory, iterations=None):
        if shutil.which("glewlwyd") is None:
            raise SystemExit("glewlwyd is missing: Benchmarks/peers/install.sh")
        super().__init__(directory)
        self.name = "glewlwyd_default" if iterations is None else "glewlwyd"
        self.title = "glewlwyd, its default" if iterations is None else "glewlwyd, fastest hash"
        self.iterations = iterations
        self.url = "http://127.0.0.1:%d" % self.public[1]
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def version(self):
        query = ["dpkg-query", "-W", "-f", "glewlwyd ${Version}", "glewlwyd"]
        return subprocess.run(query, capture_output=True, text=True, check=True).stdout

    def command(self):
        return ["glewlwyd", f"--config-file={self.directory / 'glewlwyd.conf'}"]

    def start(self):
        """A database in WAL, a key pair, the plugin, a scope and the clients."""
        self.make_database()
        text = (HERE / "glewlwyd.conf").read_text()
        text = text.replace("@PORT@", str(self.public[1])).replace("@DIRECTORY@", str(self.directory))
        (self.directory / "glewlwyd.conf").write_text(text)
        self.launch(b"/api/oidc/")
        self.call("/api/auth/", ADMINISTRATOR)
        self.call("/api/scope/", {"name": "reports", "display_name": "reports", "password_required": False})
        self.call("/api/mod/plugin/", self.plugin())
        for number in range(CLIENTS):
            self.call("/api/client/?source=database", self.client(number))
        return self

    def make_database(self):
        database = sqlite3.connect(self.directory / "glewlwyd.db")
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(SCHEMA.read_text())
        if self.iterations is not None:
            database.execute(
                "UPDATE g_client_module_instance SET gcmi_parameters = "
                "json_set(gcmi_parameters, '$.\"pbkdf2-iterations\"', ?)", (self.iterations,))
        database.commit()
        database.close()

    def plugin(self):
        private, public = self.directory / "private.pem", self.directory / "public.pem"
        subprocess.run(
            ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", private],
            check=True, stderr=subprocess.DEVNULL)
        subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
        plugin = json.loads((HERE / "plugin.json").read_text())
        plugin["parameters"] |= {"iss": self.url, "key": private.read_text(), "cert": public.read_text()}
        return plugin

    def client(self, number):
        return {
            "client_id": f"client{number}", "name": f"client {number}", "confidential": True, "enabled": True,
            "password": SECRET, "scope": ["reports"], "authorization_type": ["client_credentials"],
            "token_endpoint_auth_method": ["client_secret_basic"],
        }

    def call(self, path, value):
        request = urllib.request.Request(
            self.url + path, json.dumps(value).encode(), {"Content-Type": "application/json"})
        try:
            return self.opener.open(request, timeout=30).read()
        except urllib.error.HTTPError as error:
            raise SystemExit(f"glewlwyd answers {error.code} at {path}: {error.read().decode()}") from error

    def credentials(self):
        return [base64.b64encode(f"client{number}:{SECRET}".encode()) for number in range(CLIENTS)]

    def public_key(self, _kid):
        return subprocess.run(
            ["openssl", "pkey", "-pubin", "-in", self.directory / "public.pem", "-outform", "DER"],
            capture_output=True, check=True).stdout
