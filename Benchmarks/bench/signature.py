"""What one bare signature costs on this machine, in the same state of the machine."""

import math
import os
import re
import statistics
import subprocess

#: JWS algorithm: the name for `openssl speed`, and its line of the table up to the signatures per second.
#: PS256 is measured as RS256: the padding is nothing beside the exponentiation.
SPEED = {
    "ES256": ("ecdsap256", re.compile(r"256 bits ecdsa \(nistp256\)\s+\S+\s+\S+\s+([\d.]+)")),
    "EdDSA": ("ed25519", re.compile(r"253 bits EdDSA \(Ed25519\)\s+\S+\s+\S+\s+([\d.]+)")),
    "RS256": ("rsa2048", re.compile(r"rsa 2048 bits\s+\S+\s+\S+\s+([\d.]+)")),
}
SPEED["PS256"] = SPEED["RS256"]


def cpu_us(algorithm="ES256", seconds=1):
    """CPU microseconds of a signature when every core signs.

    One `openssl speed` for each core, at once. Alone it counts in CPU time; with `-multi` it would count in
    elapsed time, and whatever else the machine does would make the signature look dear and tokens cheap.
    """
    for _ in range(5):
        outputs = speeds(SPEED[algorithm][0], seconds)
        found = [SPEED[algorithm][1].search(output) for output in outputs]
        if all(found) and all(0 < float(match[1]) < math.inf for match in found):
            return statistics.mean(1e6 / float(match[1]) for match in found)
        # A machine that gave a process no core for all that time: it has no rate to tell.
    raise SystemExit("openssl speed gives no rate:\n" + "\n".join(outputs))


def speeds(name, seconds):
    """What as many processes as there are cores print."""
    processes = [
        subprocess.Popen(
            ["openssl", "speed", "-seconds", str(seconds), name],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for _ in range(os.cpu_count())
    ]
    return [process.communicate()[0] for process in processes]


class Denominators:
    """Bare signatures before, between and after what is measured; the figure is the median."""

    def __init__(self, algorithms):
        self.runs = {algorithm: [] for algorithm in algorithms}

    def measure(self):
        for algorithm, runs in self.runs.items():
            runs.append(cpu_us(algorithm))

    def median(self, algorithm):
        return statistics.median(self.runs[algorithm])
