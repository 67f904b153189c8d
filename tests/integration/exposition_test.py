"""The checker of the exposition format finds what is wrong, and nothing where nothing is."""

import unittest

from exposition import problems

RIGHT = r'''# HELP up Whether it runs.
# TYPE up gauge
up 1
# HELP a_total What was counted, \\ and \n in words.
# TYPE a_total counter
a_total{code="1000",text="a \"b\" \\ \n c"} 3
a_total{code="1001",text=""} 0 1700000000000
a_total{code="1002",text="{},= "} 1.5e+10

# any other remark
# HELP t_seconds How long.
# TYPE t_seconds histogram
t_seconds_bucket{le="0.001"} 1
t_seconds_bucket{le="1"} 1
t_seconds_bucket{le="+Inf"} 4
t_seconds_sum 7.5
t_seconds_count 4
'''

UP = "# HELP up Up.\n# TYPE up gauge\n"
COUNTER = "# HELP a_total A.\n# TYPE a_total counter\n"
HISTOGRAM = "# HELP t T.\n# TYPE t histogram\n"


class Exposition(unittest.TestCase):
    def test_nothing_is_wrong_with_what_is_right(self):
        self.assertEqual(problems(RIGHT), [])
        self.assertEqual(problems(""), [])

    def test_every_line_of_it_is_needed(self):
        needed = [line for line in RIGHT.splitlines() if line.startswith(("# HELP", "# TYPE")) or 'le="+Inf"' in line
                  or line.startswith(("t_seconds_sum", "t_seconds_count", "up"))]
        for line in needed:
            self.assertNotEqual(problems(RIGHT.replace(line + "\n", "")), [], line)

    def test_what_is_wrong_is_found(self):
        for text, expected in [
            (UP + "up 1", "the last line does not end"),
            (UP + "up 1\r\n", "carriage return"),
            (UP + "up\n", "stands no value"),
            (UP + "up  1\n", "stands no value"),
            (UP + "up 1 2 3\n", "stands no value"),
            (UP + "up one\n", "stands no value"),
            (UP + "up 0x10\n", "stands no value"),
            (UP + "up 1 1.5\n", "no whole number"),
            (UP + "1up 1\n", "does not begin with a name"),
            (UP + 'up{a="b" 1\n', "labels cannot be read"),
            (UP + 'up{a=b} 1\n', "labels cannot be read"),
            (UP + 'up{a="\\t"} 1\n', "labels cannot be read"),
            (UP + 'up{1="x"} 1\n', "labels cannot be read"),
            (UP + 'up{a="b",a="c"} 1\n', "a label twice"),
            (UP + 'up{__a="b"} 1\n', "begins with __"),
            (UP + 'up{le="1"} 1\n', "`le` is for buckets"),
            (UP + 'up{a="1",b="2"} 1\nup{b="2",a="1"} 2\n', "same labels"),
            (UP + "up 1\nother 2\n", "other: no HELP"),
            (UP + "# TYPE up gauge\nup 1\n", "a second TYPE"),
            (UP + "# HELP up Up.\nup 1\n", "a second HELP"),
            (UP + "up 1\n# HELP up Up.\n", "behind its samples"),
            (UP + "up 1\n" + COUNTER + "a_total 1\nup 2\n", "do not stand together"),
            ("# HELP up \\x\n# TYPE up gauge\nup 1\n", "escapes nothing"),
            ("# HELP up Up.\n# TYPE up number\nup 1\n", "no type"),
            (COUNTER + "a_total -1\n", "no count"),
            (COUNTER + "a_total NaN\n", "no count"),
            (COUNTER.replace("a_total", "a") + "a 1\n", "end in _total"),
            (UP.replace("up", "up_total") + "up_total 1\n", "end in _total"),
            (UP.replace("up", "up_count") + "up_count 1\n", "a histogram's"),
            (UP.replace("up", "upTime") + "upTime 1\n", "lower case"),
            (UP.replace("up", "up_ms") + "up_ms 1\n", "base unit"),
            (HISTOGRAM + 't_bucket{le="+Inf"} 1\nt_sum 1\n', "without its sum or count"),
            (HISTOGRAM + 't_bucket{le="1"} 1\nt_sum 1\nt_count 1\n', "no bucket for +Inf"),
            (HISTOGRAM + 't_bucket{le="1"} 2\nt_bucket{le="+Inf"} 1\nt_sum 1\nt_count 1\n', "do not add up"),
            (HISTOGRAM + 't_bucket{le="2"} 1\nt_bucket{le="1"} 1\nt_bucket{le="+Inf"} 1\nt_sum 1\nt_count 1\n', "do not grow"),
            (HISTOGRAM + 't_bucket{le="+Inf"} 1\nt_sum 1\nt_count 2\n', "not that of the last bucket"),
            (HISTOGRAM + 't_bucket 1\nt_bucket{le="+Inf"} 1\nt_sum 1\nt_count 1\n', "without a bound"),
        ]:
            with self.subTest(expected, text=text):
                found = problems(text)
                self.assertTrue(any(expected in problem for problem in found), found)


if __name__ == "__main__":
    unittest.main()
