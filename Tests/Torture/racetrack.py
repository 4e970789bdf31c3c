"""One server with a crowd of connections: requests that are complete but for their last byte, let go together."""

import time

from booth import API_KEY_TYPE, EXCHANGE, Booth, Connection, form

API = "https://api.example"
WIDTH = 100
SETTINGS = {"access_token_ttl": {"default": 3600, "max": 3600}}


class Race:
    """One server, one key that may refresh, and one that may introspect."""

    def __init__(self, binary, folder, grace):
        settings = SETTINGS | {"refresh": {"grace": grace}}
        self.booth = Booth(binary, folder / f"grace-{grace}", settings).start()
        self.lines = []
        self.connect()
        self.key = self.make_key(grant_types=["client_credentials", EXCHANGE, "refresh_token"])
        self.inspector = self.make_key(scopes=["tokens:introspect"])["key"]

    def connect(self):
        """Anew before each test: the server ends connections that waited while another test ran."""
        for line in self.lines:
            line.close()
        self.line, self.desk = Connection(self.booth.public), Connection(self.booth.admin)
        self.lines = [Connection(self.booth.public) for _ in range(WIDTH)]
        return self

    def make_key(self, **members):
        body = {"name": "racer", "audiences": [API], **members}
        answer = self.booth.administer("POST", "keys", body, self.desk)
        assert answer.status == 201, answer
        return answer.json()

    def issue(self, key):
        """An access token alone."""
        answer = self.line.ask(form("/oauth2/token", key["key"], grant_type="client_credentials", audience=API))
        assert answer.status == 200, answer
        return answer.json()["access_token"]

    def open(self, key=None):
        """A new family: its access token and its refresh token."""
        secret = (key or self.key)["key"]
        answer = self.line.ask(form("/oauth2/token", secret, grant_type=EXCHANGE, subject_token=secret, audience=API,
                                    subject_token_type=API_KEY_TYPE))
        assert answer.status == 200, answer
        return answer.json()

    def refresh(self, token, key=None):
        return form("/oauth2/token", (key or self.key)["key"], grant_type="refresh_token", refresh_token=token)

    def revoke(self, token, key=None):
        return form("/oauth2/revoke", (key or self.key)["key"], token=token)

    def is_active(self, token, line=None):
        """Whether an access token is."""
        answer = (line or self.line).ask(form("/oauth2/introspect", self.inspector, token=token))
        assert answer.status == 200, answer
        return answer.json()["active"]

    def together(self, requests):
        """Sends all but the last byte of each, then the last bytes; gives the answers."""
        lines = self.lines[: len(requests)]
        for line, data in zip(lines, requests):
            line.send(data[:-1])
        time.sleep(0.002)
        for line, data in zip(lines, requests):
            line.send(data[-1:])
        return [line.receive() for line in lines]

    def stop(self):
        self.booth.kill()
