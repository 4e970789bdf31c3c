"""Runs the tests of one script and writes their results as xunit, for the table of threats."""

import sys
import time
import traceback
import xml.etree.ElementTree as ElementTree


class Report:
    """The results of one script."""

    def __init__(self, name, path=None):
        self.name, self.path = name, path
        self.suite = ElementTree.Element("testsuite", name=name)
        self.failures = 0

    def run(self, test):
        """Runs a test, a function that gives the list of what it found wrong."""
        start = time.monotonic()
        try:
            faults = test()
        except Exception:
            faults = [traceback.format_exc()]
        seconds = time.monotonic() - start
        case = ElementTree.SubElement(self.suite, "testcase", name=test.__name__, time=f"{seconds:.1f}",
                                      classname=f"Tests.Torture.{self.name}")
        print(f"{self.name}: {test.__name__}: {'FAILED' if faults else 'passed'} in {seconds:.0f} s", flush=True)
        if faults:
            self.failures += 1
            text = "\n".join(map(str, faults[:20]))
            print(text, file=sys.stderr)
            ElementTree.SubElement(case, "failure", message=str(faults[0])[:200]).text = text

    def finish(self):
        """Writes the file; gives the exit status."""
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            ElementTree.ElementTree(self.suite).write(self.path, encoding="utf-8", xml_declaration=True)
        return 1 if self.failures else 0
