"""User-space instructions, counted by valgrind: a figure without noise.

Probe and server are counted while they run, without their start and end, and three times each. Both are copies without
debug information, which older valgrinds cannot read.
"""

import re
import shutil
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import http
from .server import Server, copy_of

TOTALS = re.compile(r"^totals: (\d+)$", re.MULTILINE)
#: What is counted at once: runs of the probe, tokens of the server; how often, and what came before.
RUNS, TOKENS = 300, 400
COUNTS = 3
WARMING = 200
#: The use of each key is written every five seconds, however many tokens those have seen. The server is slow when it is
#: counted: with so few keys a token's share of that is what it is under load, 1 000 keys and 50 000 tokens in the time.
KEYS = 30


def missing():
    """Why nothing can be counted, or None."""
    for tool in ("valgrind", "strip"):
        if shutil.which(tool) is None:
            return f"{tool} is missing: apt-get install {'valgrind' if tool == 'valgrind' else 'binutils'}"
    return None


def stripped(binary, directory):
    copy = Path(directory) / Path(binary).name
    subprocess.run(["strip", "-o", copy, binary], check=True)
    return copy


def callgrind(out, *options):
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *options]


def per_signature(probe, directory):
    """One bare ES256 signature over 32 bytes, by the code that signs tokens."""
    return per_run(stripped(probe, directory), directory, ["--bare-signature"])


def per_token_in_process(probe, directory):
    """One token from the form's bytes to the answer's, without HTTP and sockets."""
    return per_run(stripped(probe, directory), directory, [])


def per_limited_token(probe, directory):
    """The same for a key with a rate limit, a quota and an address list."""
    return per_run(stripped(probe, directory), directory, ["--limited"])


def per_verification(probe, directory):
    """One bare ES256 verification over 32 bytes, by the code that verifies tokens."""
    return per_run(stripped(probe, directory), directory, ["--bare-verification"])


def per_introspection_in_process(probe, directory):
    """One introspection of a live token from the form's bytes to the answer's, without HTTP and sockets."""
    return per_run(stripped(probe, directory), directory, ["--introspect"])


def per_run(binary, directory, arguments):
    """For each round of the probe but the first, which is for warming up."""
    out = Path(directory) / "callgrind"
    subprocess.run(
        [*callgrind(out, "--dump-before=getppid", f"--log-file={out}.log"),
         binary, "--rounds", str(COUNTS + 1), *arguments, str(RUNS)], check=True, stdout=subprocess.DEVNULL)
    # The first is of the start, the second of the first round.
    return [total(out, number + 3) / RUNS for number in range(COUNTS)]


def per_token(binary, prepared, credentials, directory):
    """One `client_credentials` token of the whole server, over one connection that stays open, counted some times.

    `prepared` is a stopped server that has the keys of `credentials`.
    """
    place = Path(directory) / "server"
    copy_of(prepared, place)
    out = place / "callgrind"
    server = Server(stripped(binary, directory), place, callgrind(out))
    server.start()
    try:
        connection = http.Connection(server.public)
        # Every key is used once before it is counted.
        ask_for_tokens(connection, credentials, len(credentials) + WARMING)
        collected_since(server, out, 1)
        counts = []
        for number in range(COUNTS):
            ask_for_tokens(connection, credentials, TOKENS)
            counts.append(collected_since(server, out, number + 2) / TOKENS)
        connection.close()
        server.stop()
    finally:
        server.kill()
    return counts


def ask_for_tokens(connection, credentials, count):
    for number in range(count):
        status, body = connection.ask(http.token_request(credentials[number % len(credentials)]))
        if status != 200:
            raise SystemExit(f"answer {status}: {body.decode(errors='replace')}")


def collected_since(server, out, number, timeout=60):
    """What a running server has collected since it was asked for the last time; this is the `number`th."""
    subprocess.run(["callgrind_control", "--dump", str(server.process.pid)], check=True, capture_output=True)
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if (found := total(out, number)) is not None:
            return found
        time.sleep(0.05)
    raise SystemExit(f"callgrind does not write {out}.{number}")


def total(out, number):
    """What the `number`th file of callgrind has; None while it is not there in full."""
    file = out.with_name(f"{out.name}.{number}")
    found = TOTALS.search(file.read_text()) if file.exists() else None
    return found and int(found[1])


def ratios(counts, others):
    """Of counts that have nothing to do with each other: each ÷ the median."""
    return [count / statistics.median(others) for count in counts]


def private(directory, name):
    place = Path(directory) / f"instructions-{name}"
    place.mkdir()
    return place


def report(report, binary, probe, site, directory):
    lacking = missing() or (None if probe.exists() else f"{probe} is missing: build it too")
    if lacking is not None:
        raise SystemExit(f"instructions cannot be counted: {lacking}")
    # Alone: the server does something four times a second, and so more of it when it takes longer.
    whole = per_token(binary, site.server, site.credentials[:KEYS], private(directory, "whole"))
    counts = {
        "introspection": lambda place: per_introspection_in_process(probe, place),
        "verification": lambda place: per_verification(probe, place),
        "limited": lambda place: per_limited_token(probe, place),
        "inside": lambda place: per_token_in_process(probe, place),
        "bare": lambda place: per_signature(probe, place),
    }
    # What else the machine does adds no instruction to these.
    with ThreadPoolExecutor(2) as pool:
        tasks = {name: pool.submit(count, private(directory, name)) for name, count in counts.items()}
        found = {name: task.result() for name, task in tasks.items()}
    bare, inside, limited = found["bare"], found["inside"], found["limited"]
    verification, introspection = found["verification"], found["introspection"]
    report.figure("instructions_per_signature", "instructions per bare ES256 signature", bare, digits=0)
    report.figure("instructions_in_process", "instructions per token in process, no HTTP", inside, digits=0)
    report.figure("instructions_per_limited_token", "the same with a rate limit, a quota and addresses", limited, digits=0)
    report.figure("limited_instruction_ratio", "instructions per limited token ÷ unlimited, in process", ratios(limited, inside),
                  digits=3)
    report.figure("instructions_per_token", "instructions per token, whole server", whole, digits=0)
    report.figure("instruction_ratio", "instructions per token ÷ bare signature",
                  ratios(whole, bare), digits=2)
    report.figure("instructions_per_verification", "instructions per bare ES256 verification", verification, digits=0)
    report.figure("instructions_per_introspection", "instructions per introspection in process, no HTTP", introspection,
                  digits=0)
    report.figure("introspection_instruction_ratio", "instructions per introspection ÷ bare verification",
                  ratios(introspection, verification), digits=2)
