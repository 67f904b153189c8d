"""The checker of traces finds what it is there to find: each broken promise in a hand-made trace, and nothing in good ones."""

import copy
import unittest

import trace_checker


def publish(content, room="r", retry=False):
    return {"what": "publish", "room": room, "content": content, "retry": retry}


def ack(content, seq, room="r", epoch="e", duplicate=False):
    return {"what": "ack", "room": room, "content": content, "seq": seq, "epoch": epoch, "duplicate": duplicate}


def joined(seq, since=None, recovered=None, room="r", epoch="e", first_seq=None):
    return {"what": "joined", "room": room, "seq": seq, "epoch": epoch, "since": since, "recovered": recovered,
            "reason": None, "first_seq": first_seq}


def message(seq, content, room="r"):
    return {"what": "message", "room": room, "seq": seq, "content": content}


def lagged(first, last, room="r"):
    return {"what": "lagged", "room": room, "first": first, "last": last}


def caught_up(seq, room="r", recovered=None):
    return {"what": "caught_up", "room": room, "seq": seq, "recovered": recovered}


GONE = {"what": "disconnected"}
REST = {"what": "at_rest"}
GOOD = {
    "ann": [joined(0), publish("a1"), publish("a2"), message(1, "a1"), ack("a1", 1), ack("a2", 2), message(2, "a2"), GONE,
            joined(4, since=(2, "e"), recovered=True), message(3, "b1"), message(4, "b2"), caught_up(4), message(5, "b3"),
            REST],
    "bob": [joined(2), publish("b1"), message(3, "b1"), GONE, joined(3, since=(3, "e"), recovered=True), caught_up(3),
            publish("b1", retry=True), ack("b1", 3, duplicate=True), publish("b2"), message(4, "b2"), ack("b2", 4),
            publish("b3"), ack("b3", 5), message(5, "b3"), REST],
}
HISTORY = {"r": {"epoch": "e", "messages": [(1, "a1"), (2, "a2"), (3, "b1"), (4, "b2"), (5, "b3")]}}


class Checker(unittest.TestCase):
    def setUp(self):
        self.traces = copy.deepcopy(GOOD)
        self.histories = copy.deepcopy(HISTORY)

    def found(self):
        return trace_checker.check(self.traces, self.histories)

    def assert_finds(self, word):
        found = self.found()
        self.assertTrue(any(sentence.startswith(word + ":") for sentence in found), f"wanted `{word}`, found {found}")

    def remove(self, name, event):
        self.traces[name].remove(event)

    def replace(self, name, old, *new):
        at = self.traces[name].index(old)
        self.traces[name][at:at + 1] = new

    def test_nothing_is_wrong_with_a_good_trace(self):
        self.assertEqual(self.found(), [])

    def test_an_acknowledged_message_that_is_not_in_the_history_is_lost(self):
        self.traces["bob"][-1:-1] = [publish("b4"), ack("b4", 6)]
        self.assert_finds("lost")

    def test_so_is_one_that_was_seen_and_not_acknowledged(self):
        self.traces["bob"][-1:-1] = [message(6, "b4")]
        self.assert_finds("lost")

    def test_and_one_in_the_middle(self):
        del self.histories["r"]["messages"][1]
        self.assert_finds("lost")

    def test_a_message_that_is_twice_in_the_history_is_doubled(self):
        self.histories["r"]["messages"].append((6, "b1"))
        self.assert_finds("doubled")

    def test_so_is_one_that_came_twice_to_who_resumed(self):
        self.replace("ann", message(3, "b1"), message(2, "a2"), message(3, "b1"))
        self.assert_finds("doubled")

    def test_two_numbers_for_one_publish_are_a_double(self):
        self.replace("bob", ack("b1", 3, duplicate=True), ack("b1", 3, duplicate=True), ack("b1", 6))
        self.assert_finds("doubled")

    def test_a_duplicate_of_what_was_sent_once_is_none(self):
        self.replace("bob", ack("b3", 5), ack("b3", 5, duplicate=True))
        self.assert_finds("doubled")

    def test_messages_in_another_order_than_their_numbers_are_reordered(self):
        self.replace("ann", message(3, "b1"), message(4, "b2"))
        self.assert_finds("gap")
        self.traces = copy.deepcopy(GOOD)
        self.traces["ann"][9:11] = [message(4, "b2"), message(3, "b1")]
        self.assert_finds("reordered")

    def test_publishes_in_another_order_than_they_were_sent_are_reordered(self):
        self.traces["bob"][8], self.traces["bob"][11] = publish("b3"), publish("b2")
        self.assert_finds("reordered")

    def test_a_retried_publish_may_stand_anywhere(self):
        self.traces["ann"][1:3] = [publish("a2"), publish("a1"), publish("a2", retry=True)]
        self.assertEqual(self.found(), [])

    def test_a_history_out_of_order_is_reordered(self):
        messages = self.histories["r"]["messages"]
        messages[2], messages[3] = messages[3], messages[2]
        self.assert_finds("reordered")

    def test_a_jump_without_a_word_is_a_gap(self):
        self.remove("ann", message(3, "b1"))
        self.assert_finds("gap")

    def test_a_jump_with_a_word_is_none(self):
        self.replace("ann", message(3, "b1"), lagged(3, 3))
        self.assertEqual(self.found(), [])

    def test_a_word_of_less_than_is_missing_is_a_gap(self):
        self.traces["ann"][9:11] = [lagged(4, 4)]
        self.assert_finds("gap")

    def test_a_jump_between_two_stays_is_a_gap(self):
        self.replace("ann", joined(4, since=(2, "e"), recovered=True), joined(4, since=(1, "e"), recovered=True))
        self.assert_finds("gap")

    def test_an_unrecovered_stay_begins_where_it_was_told(self):
        self.replace("ann", joined(4, since=(2, "e"), recovered=True),
                     joined(4, since=(2, "e"), recovered=False, first_seq=4))
        self.remove("ann", message(3, "b1"))
        self.assertEqual(self.found(), [])
        self.remove("ann", message(4, "b2"))
        self.assert_finds("gap")

    def test_who_is_at_rest_has_the_last_message(self):
        self.remove("bob", message(5, "b3"))
        self.assert_finds("gap")

    def test_who_was_cut_off_need_not_have_it(self):
        self.remove("ann", message(2, "a2"))
        self.replace("ann", joined(4, since=(2, "e"), recovered=True), joined(4, since=(1, "e"), recovered=True),
                     message(2, "a2"))
        self.assertEqual(self.found(), [])

    def test_one_number_for_two_messages_is_reused(self):
        self.replace("ann", message(5, "b3"), message(5, "b9"))
        self.assert_finds("reused")

    def test_also_across_clients_that_never_met(self):
        self.traces["eve"] = [joined(0), publish("x1"), ack("x1", 2), GONE]
        self.assert_finds("reused")

    def test_a_number_may_come_again_in_another_epoch(self):
        self.traces["eve"] = [joined(0, epoch="f"), publish("x1"), ack("x1", 2, epoch="f"), GONE]
        self.assertEqual([sentence for sentence in self.found() if not sentence.startswith("epoch")], [])
        self.assert_finds("epoch")

    def test_caught_up_must_come(self):
        self.remove("bob", caught_up(3))
        self.assert_finds("caught up")

    def test_only_once(self):
        self.replace("ann", caught_up(4), caught_up(4), caught_up(4))
        self.assert_finds("caught up")

    def test_not_to_who_did_not_ask(self):
        self.replace("ann", message(1, "a1"), caught_up(0), message(1, "a1"))
        self.assert_finds("caught up")

    def test_not_too_late(self):
        self.remove("ann", caught_up(4))
        self.replace("ann", message(5, "b3"), message(5, "b3"), caught_up(4))
        self.assert_finds("caught up")

    def test_with_the_number_of_joined(self):
        self.replace("ann", caught_up(4), caught_up(5))
        self.assert_finds("caught up")

    def test_incomplete_only_where_something_was_declared_missing(self):
        self.replace("ann", caught_up(4), caught_up(4, recovered=False))
        self.assert_finds("caught up")

    def test_who_has_everything_is_recovered(self):
        self.replace("bob", joined(3, since=(3, "e"), recovered=True),
                     joined(3, since=(3, "e"), recovered=False, first_seq=4))
        self.assert_finds("caught up")

    def test_nobody_recovers_from_another_epoch(self):
        self.replace("bob", joined(3, since=(3, "e"), recovered=True), joined(3, since=(3, "d"), recovered=True))
        self.assert_finds("caught up")


if __name__ == "__main__":
    unittest.main()
