"""What every part of a run needs: the binary, a place for its files, and what is running."""

from dataclasses import dataclass, field
from pathlib import Path

from . import openloop
from .scale import Scale


@dataclass
class Tools:
    binary: Path
    directory: Path
    #: The Python environment of the peers.
    environment: Path
    scale: Scale = Scale()
    running: list = field(default_factory=list)
    generator: openloop.Generator = None

    def __post_init__(self):
        self.generator = openloop.Generator(self.directory)

    def end(self):
        for server in self.running:
            server.kill()
