"""Authlib behind Flask and gunicorn."""

import base64
import subprocess
from pathlib import Path

from ..process import Peer

HERE = Path(__file__).resolve().parent
SECRET = "K0dRxYVHbGzPqm2SEnU8w5cTfA7iJ4sLhW9v"
CLIENTS = 1000


class Authlib(Peer):
    token_path = "/oauth2/token"

    def __init__(self, directory, environment, worker="gthread"):
        """`environment` is the Python environment of `install.sh`; `worker` gunicorn's class of workers."""
        super().__init__(directory)
        self.worker = worker
        self.name = "authlib" if worker == "gthread" else f"authlib_{worker}"
        self.title = f"Authlib on gunicorn, 2 {worker} workers"
        self.environment = Path(environment).resolve()
        if not (self.environment / "bin" / "gunicorn").exists():
            raise SystemExit("gunicorn is missing: Benchmarks/peers/install.sh DIRECTORY")
        self.key = self.directory / "signing.pem"

    def version(self):
        wanted = ("Authlib", "gunicorn")
        lines = (HERE / "requirements.txt").read_text().splitlines()
        return ", ".join(line.replace("==", " ") for line in lines if line.startswith(wanted))

    def command(self):
        host, port = self.public
        settings = {
            "SIGNING_KEY": self.key, "CLIENT_SECRET": SECRET, "CLIENTS": CLIENTS, "ISSUER": f"http://{host}:{port}",
            "WORKER": self.worker}
        return ["env", *(f"{name}={value}" for name, value in settings.items()),
                self.environment / "bin" / "gunicorn", "--config", HERE / "gunicorn.conf.py", "--chdir", HERE,
                "--bind", f"{host}:{port}", "app:app"]

    def start(self):
        subprocess.run(
            ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.key],
            check=True, stderr=subprocess.DEVNULL)
        return self.launch(b"/healthz")

    def credentials(self):
        return [base64.b64encode(f"client{number}:{SECRET}".encode()) for number in range(CLIENTS)]

    def public_key(self, _kid):
        return subprocess.run(
            ["openssl", "pkey", "-in", self.key, "-pubout", "-outform", "DER"], capture_output=True, check=True).stdout
