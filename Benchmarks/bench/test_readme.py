"""What the README's table must not leave out."""

import json
import unittest

from . import readme
from .report import LIMITS, RESULTS


def figure(met, value=1.0):
    return {"text": "a figure", "value": value, "least": value, "most": value, "unit": "", "digits": 1, "must": 2,
            "aim": None, "better": "less", "met": met}


class Rows(unittest.TestCase):
    def test_what_is_missed_is_shown_listed_or_not(self):
        figures = {"new": figure(False), "quiet": figure(None), "cpu_ratio": figure(True), "other": figure(True)}
        self.assertEqual(readme.rows(figures), ["cpu_ratio", "new"])

    def test_every_limit_has_its_row_in_the_latest_result(self):
        figures = json.loads((RESULTS / "latest.json").read_text())["figures"]
        self.assertEqual([name for name in LIMITS if name in figures and name not in readme.rows(figures)], [])

    def test_how_many_of_each_request_a_second_are_answered_is_shown(self):
        for kind in ("tokens", "refresh", "introspect", "revoke"):
            self.assertIn(f"{kind}_per_second", readme.FIGURES)


if __name__ == "__main__":
    unittest.main()
