"""What every part of a run needs: the binary, a place for its files, and what is running."""

from dataclasses import dataclass, field
from pathlib import Path

from . import openloop


@dataclass
class Tools:
    binary: Path
    directory: Path
    #: The Python environment of the peers.
    environment: Path
    key_counts: tuple = (100, 100_000, 1_000_000)
    running: list = field(default_factory=list)
    generator: openloop.Generator = None

    def __post_init__(self):
        self.generator = openloop.Generator(self.directory)

    def end(self):
        for server in self.running:
            server.kill()
