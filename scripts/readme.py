#!/usr/bin/env python3
"""Runs the commands of README.md, in their order as they stand there, against a server that is running.

usage: readme.py BINARY ISSUER ADMIN FOLDER

The blocks marked `sh` are run as one script, in FOLDER, which holds the server's `keys`. The `json` block below one
of them shows what it prints: an ellipsis in it stands for what differs from call to call, and as a member for the members
that are left out. The part that needs a
package of PyPI, the block marked `python`, is run by Tests/Contract/test_readme.py only.

Exits 1, and says what differs, when a command fails or prints something else.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

README = (pathlib.Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
BETWEEN = "\x1e"


def blocks():
    """The marked blocks in their order: pairs of mark and text."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def commands():
    """Pairs of a shell block and the JSON that is shown for its output, or None."""
    marked = blocks()
    return [
        (text, json.loads(following[1]) if following[0] == "json" else None)
        for (mark, text), following in zip(marked, marked[1:] + [("", "")])
        if mark == "sh"
    ]


def here(text, issuer):
    """The text with the address of this server in place of the default one."""
    return text.replace("http://127.0.0.1:8080", issuer)


def run(binary, issuer, admin, folder):
    """Runs all commands; gives what each block printed."""
    tools = pathlib.Path(folder) / "bin"
    tools.mkdir()
    (tools / "tokenbooth").symlink_to(os.path.abspath(binary))
    script = f"\nprintf '\\{ord(BETWEEN):03o}'\n".join(here(block, issuer) for block, _ in commands())
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, text=True, capture_output=True, timeout=60,
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "TOKENBOOTH_URL": admin,
             "TOKENBOOTH_ISSUER": issuer},
    )
    assert done.returncode == 0, f"exit {done.returncode}: {done.stderr}"
    return done.stdout.split(BETWEEN)


def matches(shown, value):
    """Whether a value is as shown: the same members in the same order, each with its value."""
    if isinstance(shown, dict):
        names = [name for name in shown if name != "…"]
        return (isinstance(value, dict)
                and names == [name for name in value if name in shown or "…" not in shown]
                and all(matches(shown[name], value[name]) for name in names))
    if isinstance(shown, list):
        return (isinstance(value, list) and len(shown) == len(value)
                and all(matches(part, element) for part, element in zip(shown, value)))
    if isinstance(shown, str) and "…" in shown and isinstance(value, str):
        return re.fullmatch(".+".join(map(re.escape, shown.split("…"))), value) is not None
    return type(shown) is type(value) and shown == value


def check(outputs):
    """Holds what was printed against what is shown; gives the answers that hold a token."""
    assert len(outputs) == len(commands()) > 3
    shown = [(expected, output) for (_, expected), output in zip(commands(), outputs) if expected is not None]
    assert len(shown) > 1, "the README shows no answers"
    for expected, output in shown:
        assert matches(expected, json.loads(output)), f"shown {expected}, printed {output}"
    answers = [json.loads(line) for output in outputs for line in output.splitlines() if line.startswith("{")]
    tokens = [answer for answer in answers if "access_token" in answer]
    assert [answer.get("issued_token_type") for answer in tokens] == [
        None, "urn:ietf:params:oauth:token-type:access_token", None
    ], "not every way to a token gave one"
    return tokens


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    try:
        check(run(*sys.argv[1:]))
    except (AssertionError, ValueError) as error:
        sys.exit(f"readme: {error}")
