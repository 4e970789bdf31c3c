"""The commands of README.md, run in their order as they stand there, against a server of their own."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from server import Server

README = (pathlib.Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def booth(request, tmp_path_factory):
    binary = request.config.getoption("--binary")
    if not binary:
        pytest.skip("needs --binary")
    booth = Server(os.path.abspath(binary), tmp_path_factory.mktemp("readme"))
    booth.binary = os.path.abspath(binary)
    yield booth
    booth.stop()


def here(booth, text):
    """The text with the addresses of this server in place of the default ones."""
    return text.replace("http://127.0.0.1:8080", booth.issuer)


@pytest.fixture(scope="module")
def output(booth):
    """What all shell commands print, run as one script."""
    folder = booth.folder
    (folder / "bin").mkdir()
    (folder / "bin" / "tokenbooth").symlink_to(booth.binary)
    script = "set -eu\n" + "\necho; echo ---\n".join(here(booth, block) for block in blocks("sh"))
    run = subprocess.run(
        ["bash", "-c", script], cwd=folder, text=True, capture_output=True, timeout=60,
        env={**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "TOKENBOOTH_URL": booth.admin,
             "TOKENBOOTH_ISSUER": booth.issuer},
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_every_command_works(output):
    answers = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    tokens = [answer for answer in answers if "access_token" in answer]
    assert len(tokens) == 2
    assert all(answer["scope"] == "reports:read" and answer["expires_in"] == 300 for answer in tokens)


def test_the_refusal_is_the_one_shown(output):
    shown = [json.loads(block) for block in blocks("json") if '"error"' in block]
    assert shown and all(json.dumps(answer, separators=(",", ":")) in output for answer in shown)


def test_the_verifier_accepts_the_token(booth, output):
    (program,) = blocks("python")
    run = subprocess.run(
        [sys.executable, "-c", here(booth, program)], cwd=booth.folder, text=True, capture_output=True, timeout=60)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("key_") and run.stdout.endswith("reports:read\n")


def test_every_setting_is_in_the_table(booth, output):
    shown = subprocess.run(
        [booth.binary, "config", "show", "-o", "json"], text=True, capture_output=True, timeout=60, cwd=booth.folder)
    assert shown.returncode == 0, shown.stderr
    names = json.loads(shown.stdout)
    assert len(names) > 15
    for name in names:
        assert all(f"`{part}`" in README for part in name.split(".")), name
