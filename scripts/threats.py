#!/usr/bin/env python3
"""Prints every row of docs/threats.tsv with its tests and their last results.

usage: threats.py [--missing] [--ran] [RESULTS.xml ...]

A test names the rows that it covers in a comment above it, `// threats: TOK-04, TOK-07` in Swift and `# threats: …`
in Python. Results are xunit files as `swift test --xunit-output` and `pytest --junitxml` write them. Files that are
not there are passed over, so that the table can be printed before the first run.

Exits 1 when a row that is built has no test or a test that failed, when a comment names a row that does not exist, when
docs/countermeasures.md names one that does not exist or is not built, or when the table itself is malformed. With
--missing only what is wrong or was not run is printed. With --ran, after all short runs, a row of the kinds `test` and
`contract` is wrong when none of its tests has passed.
"""

import collections
import pathlib
import re
import sys
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[1]
TABLE = ROOT / "docs" / "threats.tsv"
COUNTERMEASURES = ROOT / "docs" / "countermeasures.md"
RUNS = ("test", "contract", "torture")
SHORT = ("test", "contract")
ROW = re.compile(r"[A-Z]{2,3}-[0-9]{2}")
COMMENT = re.compile(r"^\s*(?://|#) threats: (.*\S)\s*$")
SWIFT_TEST = re.compile(r"\bfunc (?:`([^`]+)`|(\w+))")
PYTHON_TEST = re.compile(r"^\s*(?:async )?def (test\w*)")

Row = collections.namedtuple("Row", "id text run why")
Test = collections.namedtuple("Test", "file name")


def rows(mistakes):
    """The table in its order; `run` is where a built row is tested, or None with the reason in `why`."""
    found = {}
    for number, line in enumerate(TABLE.read_text(encoding="utf-8").splitlines()[1:], start=2):
        fields = line.split("\t")
        if len(fields) != 3 or not ROW.fullmatch(fields[0]) or fields[0] in found:
            mistakes.append(f"{TABLE.name}:{number}: not a row of id, text, run, or an id twice")
            continue
        name, text, run = fields
        if run in RUNS:
            found[name] = Row(name, text, run, "")
        elif run.startswith("later: "):
            found[name] = Row(name, text, None, run.removeprefix("later: "))
        else:
            mistakes.append(f"{TABLE.name}:{number}: run is {run!r}, not one of {', '.join(RUNS)}, later: why")
    return found


def marks(path, mistakes):
    """The marks of one file: pairs of a row's id and the test that follows its comment."""
    pattern = SWIFT_TEST if path.suffix == ".swift" else PYTHON_TEST
    waiting = []
    file = str(path.relative_to(ROOT))
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if comment := COMMENT.match(line):
            names = [name.strip() for name in comment.group(1).rstrip(".").split(",")]
            for name in names:
                if ROW.fullmatch(name):
                    waiting.append(name)
                else:
                    mistakes.append(f"{file}:{number}: {name!r} is no id of a row")
        elif waiting and (test := pattern.search(line)):
            name = next(group for group in test.groups() if group)
            for row in waiting:
                yield row, Test(file, name)
            waiting = []
    if waiting:
        mistakes.append(f"{file}: no test follows the mark {', '.join(waiting)}")


def plain(name):
    """A test's name as the source has it: without back-ticks, parameter labels and parameters of pytest."""
    name = name.split("[")[0] if name.startswith("test_") else name
    return re.sub(r"\([^()]*\)$", "", name).strip("`")


def results(paths, mistakes):
    """The worst result of every test, under its file's or suite's last name and its own."""
    # A test that one run leaves out and another runs has the result of the other.
    order = {"skipped": 0, "passed": 1, "failed": 2}
    found = {}
    for path in map(pathlib.Path, paths):
        if not path.exists():
            continue
        try:
            tree = xml.etree.ElementTree.parse(path)
        except xml.etree.ElementTree.ParseError as error:
            mistakes.append(f"{path}: {error}")
            continue
        for case in tree.iter("testcase"):
            result = "passed"
            if case.find("failure") is not None or case.find("error") is not None:
                result = "failed"
            elif case.find("skipped") is not None:
                result = "skipped"
            module = case.get("classname", "").split(".")
            key = (module, plain(case.get("name", "")))
            for part in key[0]:
                entry = (part, key[1])
                found[entry] = max(found.get(entry, result), result, key=order.get)
    return found


def result(test, known):
    """Swift names the test's module, which is the folder below Tests; pytest the file."""
    path = pathlib.PurePath(test.file)
    for place in (path.stem, *path.parts[1:-1]):
        if (place, test.name) in known:
            return known[place, test.name]
    return "not run"


def main(arguments):
    only_missing, must_have_run = "--missing" in arguments, "--ran" in arguments
    mistakes = []
    table = rows(mistakes)
    known = results([name for name in arguments if not name.startswith("--")], mistakes)
    tests = collections.defaultdict(list)
    for path in sorted((ROOT / "Tests").rglob("*")):
        if path.suffix in (".swift", ".py"):
            for row, test in marks(path, mistakes):
                if row not in table:
                    mistakes.append(f"{test.file}: {row} is not in {TABLE.name}")
                tests[row].append(test)

    count = collections.Counter()
    for row in table.values():
        outcomes = [(result(test, known), test) for test in dict.fromkeys(tests[row.id])]
        states = {state for state, _ in outcomes}
        if "failed" in states:
            state = "FAILED"
        elif not outcomes:
            state = "NO TEST" if row.run else "later"
        else:
            state = "passed" if states == {"passed"} else "not run"
        if must_have_run and row.run in SHORT and state == "not run" and "passed" not in states:
            state = "NOT RUN"
        bad = row.run is not None and state in ("FAILED", "NO TEST", "NOT RUN")
        count["bad" if bad else state] += 1
        if only_missing and (state in ("passed", "later")):
            continue
        print(f"{row.id:7} {state:8} {row.run or '-':9} {row.text}")
        if row.why:
            print(f"{'':26} later: {row.why}")
        for outcome, test in outcomes:
            print(f"{'':26} {outcome}: {test.file}: {test.name}")

    for name in re.findall(rf"\b{ROW.pattern}\b", COUNTERMEASURES.read_text(encoding="utf-8")):
        if name not in table or table[name].run is None:
            mistakes.append(f"{COUNTERMEASURES.name}: {name} is no row that is built")

    for mistake in mistakes:
        print(f"threats: {mistake}", file=sys.stderr)
    print(
        f"{len(table)} rows: {count['passed']} passed, {count['not run']} not run, "
        f"{count['bad']} failed or without a test, {count['later'] + count['FAILED']} later"
    )
    return 1 if count["bad"] or mistakes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
