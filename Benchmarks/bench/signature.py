"""What one bare ES256 signature costs on this machine, in the same state of the machine."""

import os
import re
import subprocess

RATE = re.compile(r"256 bits ecdsa \(nistp256\)\s+\S+\s+\S+\s+([\d.]+)")


def cpu_us(seconds=1):
    """CPU microseconds of a signature when every core signs.

    `openssl speed` counts in CPU time of its processes, so that neighbours steal rate from none of them;
    it adds up the rates of all.
    """
    cores = os.cpu_count()
    output = subprocess.run(
        ["openssl", "speed", "-seconds", str(seconds), "-multi", str(cores), "ecdsap256"],
        check=True, capture_output=True, text=True).stdout
    return cores * 1e6 / float(RATE.search(output)[1])
