"""The commands of README.md, run in their order as they stand there, against a server of their own."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from server import Server

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import readme  # noqa: E402


@pytest.fixture(scope="module")
def booth(request, tmp_path_factory):
    binary = request.config.getoption("--binary")
    if not binary:
        pytest.skip("needs --binary")
    # As the README starts it.
    booth = Server(os.path.abspath(binary), tmp_path_factory.mktemp("readme"), algorithms=("ES256",))
    booth.binary = os.path.abspath(binary)
    yield booth
    booth.stop()


@pytest.fixture(scope="module")
def output(booth):
    """What each block of shell commands printed."""
    return readme.run(booth.binary, booth.issuer, booth.admin, booth.folder)


def test_every_command_prints_what_is_shown(output):
    tokens = readme.check(output)
    assert all(answer["scope"] == "reports:read" and answer["expires_in"] == 300 for answer in tokens)


def test_the_verifier_accepts_the_token(booth, output):
    (program,) = (text for mark, text in readme.blocks() if mark == "python")
    run = subprocess.run(
        [sys.executable, "-c", readme.here(program, booth.issuer)], cwd=booth.folder, text=True, capture_output=True,
        timeout=60)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("key_") and run.stdout.endswith("reports:read\n")


def test_every_setting_is_in_the_table(booth, output):
    shown = subprocess.run(
        [booth.binary, "config", "show", "-o", "json"], text=True, capture_output=True, timeout=60, cwd=booth.folder)
    assert shown.returncode == 0, shown.stderr
    names = json.loads(shown.stdout)
    assert len(names) > 15
    for name in names:
        assert all(f"`{part}`" in readme.README for part in name.split(".")), name
