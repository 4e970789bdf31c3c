"""How much is measured: all of it, or all of it in little."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """What the README's figures are measured with."""

    rounds: int = 3
    #: Of each run of a cell; of a cell that writes once and for all; of the open loop; of the peers, whose slowest
    #: takes a second and a half for an answer to each connection.
    seconds: int = 2
    #: Slices of a second in each round, of cells that are measured by turns.
    turns: int = 4
    revoke_seconds: int = 1
    open_loop_seconds: int = 3
    peer_seconds: int = 4
    #: No server has more, whatever its cell is called.
    most_keys: int = 1_000_000
    #: Tokens that are asked about by turns, and tokens for each run of revocations, which can be revoked only once.
    asked: int = 60_000
    revoked: int = 60_000
    #: Denied tokens, and tokens asked about beside them, and as many revoked, in each round.
    denied: int = 10_000_000
    denied_asked: int = 20_000
    imported: int = 100_000
    starts: int = 5

    def keys(self, count):
        return min(count, self.most_keys)


QUICK = Scale(seconds=1, turns=2, asked=20_000)
#: Every line of a full run in three minutes. Its figures mean nothing.
REHEARSAL = Scale(
    rounds=1, seconds=1, turns=1, open_loop_seconds=1, peer_seconds=2, most_keys=2_000, asked=2_000, revoked=20_000,
    denied=50_000, denied_asked=10_000, imported=2_000, starts=1)
