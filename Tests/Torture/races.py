#!/usr/bin/env python3
"""Races on the real binary: requests that are complete but for their last byte, let go together.

usage: races.py BINARY [--rounds 1000] [--chains ROUNDS] [--seed S] [--junit FILE]

A round of REF-10, a chain that is ended while it is followed, is short: --chains may be many more of them than of the
others.

Exits 1 when a refresh token had two successors, a revocation was overtaken, or an answer was 5xx.
"""

import argparse
import pathlib
import random
import sys
import tempfile
import threading
import time

from booth import EXCHANGE, Connection
from racetrack import WIDTH, Race
from report import Report


def crowd(race, rounds, is_strict):
    """REF-03 and REF-04: a hundred refreshes of one token at once."""
    faults = []
    for number in range(rounds):
        family = race.open()
        answers = race.together([race.refresh(family["refresh_token"])] * WIDTH)
        given = [answer.json() for answer in answers if answer.status == 200]
        refused = [answer for answer in answers if answer.status == 400 and answer.json()["error"] == "invalid_grant"]
        successors = {answer["refresh_token"] for answer in given}
        alive = sum(race.is_active(answer["access_token"]) for answer in given[:3])
        if (len(successors), len(given), len(refused)) != ((1, 1, WIDTH - 1) if is_strict else (1, WIDTH, 0)):
            statuses = sorted({answer.status for answer in answers})
            faults.append(f"round {number}: {len(given)} successes, {len(successors)} successors, {statuses}")
        elif alive != (0 if is_strict else 3):
            faults.append(f"round {number}: {alive} access tokens of the winners are active")
        elif not is_strict:
            # The next refresh is one of the successor, and of nothing else.
            (successor,) = successors
            answer = race.line.ask(race.refresh(successor))
            if answer.status != 200 or answer.json()["refresh_token"] in (successor, family["refresh_token"]):
                faults.append(f"round {number}: the successor gives {answer}")
        if faults:
            break
    return faults


def overtake(race, rng, rounds, end, undo=None):
    """REF-10: one client refreshes along the chain while another ends the family or the key.

    The history: no refresh that was sent after the acknowledged end succeeds, none succeeds after one was refused,
    and at rest nothing is active.
    """
    faults = []
    line, other = Connection(race.booth.public), Connection(race.booth.public)
    for number in range(rounds):
        family, key = race.open(), race.key
        # What is sent first differs from round to round; the end is sent while the chain is being followed.
        tokens, history, ended = [family], [], []

        def follow():
            for _ in range(6):
                sent = time.monotonic()
                answer = line.ask(race.refresh(tokens[-1]["refresh_token"], key))
                history.append((sent, answer))
                if answer.status == 200:
                    tokens.append(answer.json())

        follower = threading.Thread(target=follow)
        follower.start()
        time.sleep(rng.uniform(0, 0.006))
        answer = end(other, [token["refresh_token"] for token in tokens])
        ended.append(time.monotonic())
        follower.join()
        if answer.status != 200:
            faults.append(f"round {number}: the end was answered {answer}")
        late = [answer for sent, answer in history if sent > ended[0]]
        statuses = [answer.status for _, answer in history]
        if any(status >= 500 for status in statuses):
            faults.append(f"round {number}: {statuses}")
        if any(answer.status == 200 for answer in late):
            faults.append(f"round {number}: a refresh after the end succeeded: {statuses}")
        if statuses != sorted(statuses):
            faults.append(f"round {number}: a refresh succeeded after one was refused: {statuses}")
        if any(race.is_active(token["access_token"]) for token in tokens):
            faults.append(f"round {number}: an access token is active at rest: {statuses}")
        if undo is not None:
            undo()
            # What was suspended comes back as it was: the last token that was given out is the good one.
            answer = race.line.ask(race.refresh(tokens[-1]["refresh_token"], key))
            if answer.status != 200:
                faults.append(f"round {number}: after the suspension a refresh gives {answer}")
        if faults:
            break
    return faults


def watch(race, rounds, end):
    """REV-11: introspection in a tight loop on eight connections while the token is ended."""
    faults = []
    for number in range(rounds):
        key = race.make_key(grant_types=["client_credentials", EXCHANGE, "refresh_token"])
        family = race.open(key)
        seen, is_over = [], threading.Event()

        def look():
            line = Connection(race.booth.public)
            while not is_over.is_set():
                sent = time.monotonic()
                active = race.is_active(family["access_token"], line)
                seen.append((sent, time.monotonic(), active))
            line.close()

        watchers = [threading.Thread(target=look) for _ in range(8)]
        for watcher in watchers:
            watcher.start()
        looked(seen, len(watchers))
        began = time.monotonic()
        answer = end(key, family)
        ended = time.monotonic()
        looked(seen, len(seen) + 2 * len(watchers))
        is_over.set()
        for watcher in watchers:
            watcher.join()
        late = [active for sent, _, active in seen if sent > ended]
        early = [active for _, returned, active in seen if returned < began]
        if answer.status not in (200, 204) or any(late) or not late or not all(early) or not early:
            faults.append(f"round {number}: the end gave {answer}; {sum(early)} of {len(early)} said active before it, "
                          f"{sum(late)} of {len(late)} after it")
            break
    return faults


def looked(seen, count):
    """Waits until so many answers were seen, and a moment longer: on a busy machine none may come for a while."""
    end = time.monotonic() + 10
    while len(seen) < count and time.monotonic() < end:
        time.sleep(0.001)
    time.sleep(0.02)


def share_commits(race, rounds):
    """How many commits 64 connections cause for each mutation of theirs."""
    # One key holds a hundred families at most, and a thousand denied tokens.
    families = [race.open() for _ in range(64)]
    key = race.make_key(grant_types=["client_credentials", EXCHANGE])

    def refresh():
        answers = race.together([race.refresh(family["refresh_token"]) for family in families])
        assert all(answer.status == 200 for answer in answers), answers
        families[:] = [answer.json() for answer in answers]

    def revoke():
        tokens = [race.issue(key) for _ in range(64)]
        answers = race.together([race.revoke(token, key) for token in tokens])
        assert all(answer.status == 200 for answer in answers), answers

    return share_of("refresh", race, refresh, rounds) + share_of("revocation", race, revoke, min(rounds, 15))


def share_of(kind, race, mutate, rounds):
    before = race.booth.metrics()
    for _ in range(rounds):
        mutate()
    after = race.booth.metrics()
    done = 64 * rounds
    name = "tokenbooth_db_batch_size_count"
    if name not in after:
        return [f"no metric {name}"]
    share = (after[name] - before[name]) / done
    print(f"races: {share:.4f} commits for each {kind} of {done}")
    return [] if share < 1 / 8 else [f"{share:.3f} commits for each {kind}, expected less than 0.125"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--chains", type=int, help="rounds in which a chain is ended; default: as of the others")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--junit", type=pathlib.Path)
    options = parser.parse_args()
    print(f"races: seed {options.seed}", flush=True)
    rng, rounds = random.Random(options.seed), options.rounds
    chains = options.chains or rounds
    report = Report("races", options.junit)
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        strict = Race(options.binary, pathlib.Path(name), 0)
        kind = Race(options.binary, pathlib.Path(name), 60)
        booth = kind.booth

        # threats: REF-03
        def test_without_grace_one_of_a_hundred_wins_and_the_family_ends():
            return crowd(strict.connect(), rounds, True)

        # threats: REF-04
        def test_within_the_grace_a_hundred_get_the_same_successor():
            return crowd(kind.connect(), rounds, False)

        # threats: REF-10
        def test_a_refresh_never_overtakes_a_revocation():
            return overtake(kind.connect(), rng, chains, lambda line, tokens: line.ask(kind.revoke(tokens[-1])))

        # threats: REF-10
        def test_a_refresh_never_overtakes_the_end_of_its_family():
            # By its oldest token, which is spent.
            return overtake(kind.connect(), rng, chains, lambda line, tokens: line.ask(kind.revoke(tokens[0])))

        # threats: REF-10
        def test_a_refresh_never_overtakes_a_suspension():
            path = f"keys/{kind.key['id']}"
            return overtake(kind.connect(), rng, chains, lambda *_: booth.administer("POST", f"{path}/disable", {}, kind.desk),
                            lambda: booth.administer("POST", f"{path}/enable", {}, kind.desk))

        # threats: REV-11
        def test_nothing_is_active_that_is_asked_for_after_its_end():
            ends = (
                lambda key, family: kind.line.ask(kind.revoke(family["access_token"], key)),
                lambda key, family: kind.line.ask(kind.revoke(family["refresh_token"], key)),
                lambda key, _: booth.administer("DELETE", f"keys/{key['id']}", connection=kind.desk),
                lambda key, _: booth.administer("POST", f"keys/{key['id']}/disable", {}, kind.desk),
            )
            return [fault for end in ends for fault in watch(kind.connect(), max(3, rounds // 20), end)]

        def test_a_commit_is_shared():
            return share_commits(kind.connect(), max(20, rounds // 5))

        tests = [test for name, test in sorted(locals().items()) if name.startswith("test_")]
        for test in tests:
            report.run(test)
        strict.stop()
        kind.stop()
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
