"""When two kinds of requests are told apart by their times: the rule of the runs in this folder.

Of every pair two figures are printed: Welch's t of the samples below the ninth decile of all of them (what lies above
is the machine, not the server), and the difference of the medians.

The rule: an attempt accuses a pair when |t| >= 4.5 and the medians differ by 1 us or more, or by what is allowed for the
pair. For a pair that takes the same way through the server either figure suffices (`strict`). For others that would not
do: with a hundred thousand samples t finds a hundredth of a microsecond, with a million any difference at all. A pair
that is accused is measured again, twice at most, in a new order. It fails when it was accused every time with the same
sign. A leak of more than that is there in every attempt; noise that is there with probability p in one attempt, and then
with either sign, fails with p*p*p/4.
"""

import statistics

ATTEMPTS = 3
MOST_T = 4.5
MOST_NANOSECONDS = 1_000


def welch(left, right):
    variance = statistics.variance(left) / len(left) + statistics.variance(right) / len(right)
    return (statistics.fmean(left) - statistics.fmean(right)) / variance**0.5


def accusations(group, samples, most, strict):
    """One attempt: the sign of each pair that it accuses, of the first kind and another."""
    limit = statistics.quantiles([value for values in samples.values() for value in values], n=10)[8]
    first, *others = samples
    trimmed = {name: [value for value in values if value <= limit] for name, values in samples.items()}
    middle = {name: statistics.median(values) for name, values in samples.items()}
    accused = {}
    for name in others:
        t, difference = welch(trimmed[name], trimmed[first]), middle[name] - middle[first]
        far = abs(t) >= MOST_T, abs(difference) >= most.get(name, MOST_NANOSECONDS)
        bad = any(far) if name in strict else all(far) and t * difference > 0
        print(
            f"timing: {group}: {name} less {first}: t {t:+.1f}, medians {difference / 1000:+.3f} us of "
            f"{middle[first] / 1000:.1f}{', accused' if bad else ''}", flush=True,
        )
        if bad:
            accused[name] = t > 0
    return accused


def judge(group, measure, most, strict=()):
    """Fails when a kind is told apart from the first one.

    `measure` gives the nanoseconds of the kinds that it is asked for, by kind, and of all when it is given None; `most`
    is how many the median of a kind may differ by, where it is not MOST_NANOSECONDS; `strict` has the kinds that either
    figure accuses.
    """
    samples = measure(None)
    first = next(iter(samples))
    guilty = accusations(group, samples, most, strict)
    for _ in range(ATTEMPTS - 1):
        if not guilty:
            break
        found = accusations(group, measure([first, *guilty]), most, strict)
        guilty = {name: sign for name, sign in guilty.items() if found.get(name) == sign}
    assert not guilty, f"told apart by time: {', '.join(guilty)}"
