"""docs/CONFORMANCE.md names every suite of tests/conformance, and no others, each in the row of its section."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def suites():
    found = set()
    for path in (ROOT / "tests" / "conformance").glob("*_test.cpp"):
        found |= set(re.findall(r"^TEST_F\((\w+),", path.read_text(encoding="utf-8"), re.MULTILINE))
    return found


class ConformanceTable(unittest.TestCase):
    def setUp(self):
        self.text = (ROOT / "docs" / "CONFORMANCE.md").read_text(encoding="utf-8")

    def test_every_suite_is_in_the_table_and_every_row_has_a_suite(self):
        rows = re.findall(r"^\| ([\d.]+) \| .* \| (Rfc\d+Section\w+) \|$", self.text, re.MULTILINE)
        self.assertEqual({suite for _, suite in rows}, {suite for suite in suites() if "Section" in suite})
        for section, suite in rows:
            self.assertEqual(suite.partition("Section")[2], section.replace(".", "_"))

    def test_the_other_suites_are_named(self):
        for suite in suites():
            self.assertIn(suite, self.text)


if __name__ == "__main__":
    unittest.main()
