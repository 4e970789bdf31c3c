"""The star: one base cell, and every other differs from it in one dimension."""

import json

from . import http, life, population, tokens
from .cell import Cell
from .report import number
from .site import Site

BASE_KEYS = 1_000
TOKEN_PATH = "/oauth2/token"
BATCHES = "tokenbooth_db_batch_size_count"
KEY_COUNTS = (100, 100_000, 1_000_000)


def token_cell(name, title, dimension, site, file=None, *options):
    """`client_credentials` with the keys of a site, drawn at random from `file`."""
    requests = [http.token_request(basic) for basic in site.credentials[:BASE_KEYS]]
    return Cell(
        name, title, dimension, site.server, TOKEN_PATH, "token.lua",
        lambda: [file or site.file, *options], site.algorithm,
        lambda sample: tokens.collect(site.server.public, requests, sample))


def base_cell(site):
    return token_cell("token", "client_credentials, ES256 (base cell)", "base", site)


def turn_cells(site, tls=None, keyed=None):
    """By turns: a refresh beside a token, and TLS and other numbers of keys beside the base cell; `keyed` as below."""
    base = token_cell("turns", "client_credentials, ES256, by turns", "base", site)
    families = life.Families(site)
    refresh = Cell("refresh", "refresh, durable", "grant", site.server, TOKEN_PATH, "refresh.lua",
                   lambda: [life.write(site, "families", families.lines())], "ES256", families.collect, BATCHES)
    cells = [base, refresh]
    if tls:
        cells.append(token_cell("tls", "TLS 1.3, kept open", "transport", tls))
    for count in KEY_COUNTS if keyed else ():
        cells.append(token_cell(f"keys_{count}", number(count, 0) + " keys", "keys", keyed(count)))
    for cell in cells[1:]:
        cell.beside = base
    return cells


def grant_cells(site, scale):
    """What else the server of the base cell answers, over the same connections."""
    exchanges = life.exchange_lines(site.credentials)
    exchange_file = life.write(site, "exchanges", exchanges)
    exchange_requests = [
        http.post_form(TOKEN_PATH.encode(), life.exchange_form(basic), basic) for basic in site.credentials[:50]]
    return [
        Cell("exchange", "token exchange", "grant", site.server, TOKEN_PATH, "form.lua", lambda: [exchange_file],
             "ES256", lambda sample: tokens.collect(site.server.public, exchange_requests, sample)),
        life.introspection_cell(site, scale.asked),
        *document_cells(site),
    ]


def document_cells(site):
    """Documents, and as their denominator an empty answer of the same channel."""
    connection = http.Connection(site.server.public)
    status_list = json.loads(connection.ask(http.get(b"/oauth2/status-lists"))[1])["status_lists"][0]
    connection.close()
    paths = {
        "empty": ("empty answer (/healthz)", "/healthz"),
        "jwks": ("JWKS", "/oauth2/jwks"),
        "status_list": ("status list", "/" + status_list.split("/", 3)[3]),
        "revocations": ("list of revoked tokens", "/oauth2/revocations"),
        "metadata": ("metadata (RFC 8414)", "/.well-known/oauth-authorization-server"),
    }
    return [Cell(name, title, "grant", site.server, path, "get.lua") for name, (title, path) in paths.items()]


def quick_cells(site, scale):
    return [cell for cell in grant_cells(site, scale) if cell.name in ("introspect", "empty", "jwks")]


def revoke_cell(site, scale):
    """Measured after all others: it leaves revoked tokens behind. Every run has tokens of its own."""
    return Cell("revoke", "revocation, durable", "grant", site.server, "/oauth2/revoke", "form.lua",
                lambda: [life.write(site, "revoked", life.mint(site, scale.revoked))], commits=BATCHES)


def other_cells(tools, base, keyed):
    """Algorithms, transports and numbers of keys, each with a server of its own where it needs one.

    `keyed` gives the server with a number of keys.
    """
    cells = [token_cell("close", "one connection per request", "transport", base, None, "close")]
    for algorithm in ("EdDSA", "RS256", "PS256"):
        site = Site(tools, algorithm, BASE_KEYS, algorithm)
        cells.append(token_cell(algorithm, algorithm, "algorithm", site))
    site, count = keyed(KEY_COUNTS[-1]), KEY_COUNTS[-1]
    draws = life.write(site, "zipf", population.zipf_draws(site.credentials, min(len(site.credentials), 200_000)))
    cells.append(token_cell("zipf", number(count, 0) + " keys, Zipf 0.99", "draw", site, draws))
    return cells
