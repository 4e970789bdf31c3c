"""What all contract tests share: one server, one key, one audience for each algorithm."""

import os
import pathlib

import pytest

# The server listens on loopback without TLS, which these clients refuse unless told.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

from server import ALGORITHMS, Server  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCOPES = ["reports:read", "reports:write"]
API = "https://api.example"


def pytest_addoption(parser):
    parser.addoption("--binary", help="the tokenbooth executable; without it, tests that need a server are skipped")
    parser.addoption("--short", action="store_true", help="fewer rounds, for every commit")


def pytest_collection_modifyitems(items):
    # The fuzz changes whatever it finds, and what is said about the whole run comes last.
    last = ["test_schemathesis.py", "test_afterwards.py"]
    items.sort(key=lambda item: last.index(item.path.name) if item.path.name in last else -1)


@pytest.fixture(scope="session")
def short(request):
    return request.config.getoption("--short")


@pytest.fixture(scope="session")
def server(request, tmp_path_factory):
    binary = request.config.getoption("--binary")
    if not binary:
        pytest.skip("needs --binary")
    server = Server(os.path.abspath(binary), tmp_path_factory.mktemp("server"))
    for scope in SCOPES:
        server.administer("POST", "scopes", {"name": scope, "description": f"May {scope}"})
    for algorithm in ALGORITHMS:
        server.administer("POST", "audiences", {"name": audience(algorithm), "alg": algorithm})
    yield server
    server.stop()


@pytest.fixture(scope="session")
def key(server):
    """An API key that may ask for everything that the tests ask for."""
    return server.create_key(
        name="contract", scopes=SCOPES, audiences=[API, *map(audience, ALGORITHMS)], claims={"tenant": "acme"}
    )


def audience(algorithm):
    """The audience whose tokens are signed with the algorithm."""
    return f"https://{algorithm.lower()}.example"
