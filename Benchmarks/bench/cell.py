"""One cell of the star: a load on a server, run some times by turns with the others."""

import statistics
import sys
from dataclasses import dataclass, field
from typing import Any, Callable

from . import load, quiet


@dataclass
class Cell:
    """`arguments` gives the Lua script's arguments anew for each run; `collect` fills a sample of tokens."""

    name: str
    title: str
    #: What differs from the base cell: grant, algorithm, transport or keys.
    dimension: str
    server: Any
    path: str
    script: str
    arguments: Callable[[], list] = list
    #: Of the tokens that are signed; None where there are none.
    algorithm: str | None = None
    collect: Callable[[list], None] | None = None
    #: A metric of the server that counts its transactions; counted for cells that write.
    commits: str | None = None
    #: The cell that it is held against, where that is not the base cell.
    beside: Any = None
    #: By round.
    runs: list = field(default_factory=list)
    sample: list = field(default_factory=list)

    def measure(self, seconds, sampling=False):
        arguments = self.arguments()
        before = self.server.metric(self.commits) if self.commits else 0

        def run():
            return load.wrk(self.server, self.path, self.script, arguments, seconds)

        if sampling and self.collect is not None:
            result, sample = load.sampled(run, self.collect)
            self.sample += sample
        else:
            result = run()
        if self.commits:
            result["commits_per_request"] = (self.server.metric(self.commits) - before) / result["requests"]
        self.runs.append(result)

    def values(self, figure):
        return [run[figure] for run in self.runs]

    def median(self, figure):
        return statistics.median(self.values(figure))

    def ratios(self, other, figure="cpu_us"):
        """This cell's figure ÷ that of `other` in the same round."""
        return [mine[figure] / its[figure] for mine, its in zip(self.runs, other.runs, strict=True)]


def measure_rounds(cells, denominators, rounds, seconds):
    """The cells by turns, so that what else the machine does falls on all of them; signatures between."""
    servers = list({id(cell.server): cell.server for cell in cells}.values())
    denominators.measure()
    for number in range(rounds):
        for cell in cells:
            quiet.wait(servers)
            cell.measure(seconds, sampling=number == 0)
        quiet.wait(servers)
        denominators.measure()
        print(f"round {number + 1} of {rounds}, {len(cells)} cells", file=sys.stderr, flush=True)
