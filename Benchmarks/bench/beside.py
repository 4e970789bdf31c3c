"""The peers: other authorization servers, measured by turns with the base cell of this run."""

from peers.authlib import Authlib
from peers.glewlwyd import Glewlwyd

from . import http, tokens
from .cell import Cell


def peer_cells(tools):
    peers = [
        Glewlwyd(tools.directory / "glewlwyd", iterations=1),
        Glewlwyd(tools.directory / "glewlwyd-default"),
        Authlib(tools.directory / "authlib", tools.environment),
        Authlib(tools.directory / "authlib-sync", tools.environment, worker="sync"),
    ]
    cells = []
    for peer in peers:
        tools.running.append(peer)
        peer.start()
        cells.append(peer_cell(peer))
    return cells


def peer_cell(peer):
    form = peer.form.encode()
    path = peer.directory / "tokens"
    path.write_bytes(b"".join(basic + b" " + form + b"\n" for basic in peer.credentials()))
    requests = [http.post_form(peer.token_path.encode(), form, basic) for basic in peer.credentials()]
    return Cell(
        peer.name, peer.title, "peer", peer, peer.token_path, "form.lua", lambda: [path], "ES256",
        # One at a time: not every peer keeps a connection open.
        lambda sample: [tokens.collect(peer.public, requests, sample, count=1) for _ in range(10)])
