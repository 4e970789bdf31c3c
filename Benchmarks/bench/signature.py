"""What one bare ES256 signature costs on this machine, in the same state of the machine."""

import os
import re
import statistics
import subprocess

RATE = re.compile(r"256 bits ecdsa \(nistp256\)\s+\S+\s+\S+\s+([\d.]+)")


def cpu_us(seconds=1):
    """CPU microseconds of a signature when every core signs.

    One `openssl speed` for each core, at once. Alone it counts in CPU time; with `-multi` it would count in
    elapsed time, and whatever else the machine does would make the signature look dear and tokens cheap.
    """
    processes = [
        subprocess.Popen(
            ["openssl", "speed", "-seconds", str(seconds), "ecdsap256"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for _ in range(os.cpu_count())
    ]
    outputs = [process.communicate()[0] for process in processes]
    return statistics.mean(1e6 / float(RATE.search(output)[1]) for output in outputs)
