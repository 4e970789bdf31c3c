"""What must be true of the server after everything that the other tests did to it."""

import base64
import urllib.parse


# threats: LOG-02
def test_no_secret_is_in_the_log_or_the_database(server, key):
    places = [server.log_path, *(path for path in (server.folder / "data").rglob("*") if path.is_file())]
    assert len(places) >= 2
    for path in places:
        content = path.read_bytes()
        for secret in server.secrets:
            # The first part alone would do for an attacker; the hint shows less than this.
            for spelling in spellings(secret[:30]):
                assert spelling not in content, f"a secret is in {path.name}"


def spellings(secret):
    raw = secret.encode()
    return {raw, raw.hex().encode(), base64.b64encode(raw)[:-4], urllib.parse.quote(secret).encode()}


def test_nothing_went_wrong_inside(server):
    log = server.log()
    assert "Fatal error" not in log
    assert '"status":500' not in log.replace(" ", "")


def test_the_server_ends_when_it_is_asked_to(server):
    assert server.process.poll() is None
    assert server.stop() == 0
