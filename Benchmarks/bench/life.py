"""What keys and tokens the cells of a token's life need: families to refresh, tokens to ask about and to revoke."""

import json
import urllib.parse

from . import http, population
from .cell import Cell

EXCHANGE = urllib.parse.urlencode({
    "grant_type": population.EXCHANGE, "subject_token_type": "urn:tokenbooth:token-type:api-key"}).encode()
#: Families for each run: more than there are connections, since each has one refresh under way at most.
FAMILIES = 128


def exchange_form(basic):
    return EXCHANGE + b"&subject_token=" + http.secret(basic)


def exchange_lines(credentials):
    """Exchanges of keys as subjects without a client, as lines of `form.lua`."""
    return [b"- " + exchange_form(basic) for basic in credentials]


class Families:
    """Refresh families of keys that may refresh, opened anew for each run."""

    def __init__(self, site):
        self.site = site
        self.credentials = population.create(site.server, FAMILIES, [*population.PLAIN, "refresh_token"])

    def open(self, count=FAMILIES):
        """(credential, refresh token), one family for each key."""
        connection = http.Connection(self.site.server.public)
        found = []
        for basic in self.credentials[:count]:
            status, body = connection.ask(http.post_form(b"/oauth2/token", exchange_form(basic), basic))
            if status != 200:
                raise SystemExit(f"answer {status}: {body.decode(errors='replace')}")
            found.append((basic, json.loads(body)["refresh_token"].encode()))
        connection.close()
        return found

    def lines(self):
        return [basic + b" " + token for basic, token in self.open()]

    def collect(self, sample, count=50):
        """Adds to `sample` one family refreshed again and again; every refresh token is another."""
        (basic, token), = self.open(1)
        connection = http.Connection(self.site.server.public)
        spent = set()
        while len(spent) < count:
            spent.add(token)
            form = b"grant_type=refresh_token&refresh_token=" + token
            status, body = connection.ask(http.post_form(b"/oauth2/token", form, basic))
            if status != 200:
                raise SystemExit(f"answer {status}: {body.decode(errors='replace')}")
            sample.append(json.loads(body))
            token = sample[-1]["refresh_token"].encode()
        connection.close()
        if len(spent | {token}) != count + 1:
            raise SystemExit("a refresh token came twice")


def mint(site, count):
    """Different access tokens with the credential of one resource server, as lines of `form.lua`."""
    keys = site.credentials
    caller = population.resource_server(site.server)
    requests = (http.token_request(keys[number % len(keys)]) for number in range(count))
    bodies = http.ask_all(site.server.public, requests, 200)
    return [caller + b" token=" + json.loads(body)["access_token"].encode() for body in bodies]


def introspection_cell(site, count):
    """Introspections by turns about `count` tokens. They live five minutes: so they are made anew for each run."""
    def alive():
        return [write(site, "asked", expect_alive(site, mint(site, count)))]

    return Cell("introspect", "introspection", "grant", site.server, "/oauth2/introspect", "form.lua", alive)


def expect_alive(site, lines):
    credential, form = lines[0].split(b" ", 1)
    connection = http.Connection(site.server.public)
    status, body = connection.ask(http.post_form(b"/oauth2/introspect", form, credential))
    connection.close()
    if status != 200 or json.loads(body)["active"] is not True:
        raise SystemExit(f"a token that should be alive: {status} {body.decode(errors='replace')}")
    return lines


def write(site, name, lines):
    """A file of lines in the directory of a site."""
    path = site.directory / name
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path
