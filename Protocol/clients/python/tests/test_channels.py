"""The rules of ``seq`` and ``epoch``, by value."""

import random
import unittest

from tradermind_gateway.channels import Cursor, Event, Gap


def state(seq, epoch="a1", snapshot=(), **more):
    return {"channel": "c", "epoch": epoch, "seq": seq, "snapshot": list(snapshot), **more}


def at(seq, epoch="a1"):
    cursor = Cursor("c")
    cursor.answered(state(seq, epoch))
    return cursor


class AnswerTests(unittest.TestCase):
    def test_the_first_answer_shows_how_things_stand(self):
        cursor = Cursor("c")
        self.assertIsNone(cursor.position)
        self.assertEqual(
            cursor.answered(state(5, snapshot=["x", "y"])),
            [Event("c", "x", 4, "snapshot"), Event("c", "y", 5, "snapshot")],
        )
        self.assertEqual(cursor.position, {"epoch": "a1", "seq": 5})

    def test_what_was_recovered_comes_once_and_without_a_gap(self):
        cursor = at(5)
        self.assertEqual(
            cursor.answered(state(8, snapshot=["6", "7", "8"], recovered=True)),
            [Event("c", str(n), n, "recovered") for n in (6, 7, 8)],
        )
        cursor = at(7)
        self.assertEqual(
            cursor.answered(state(8, snapshot=["6", "7", "8"], recovered=True)),
            [Event("c", "8", 8, "recovered")],
        )
        self.assertEqual(at(8).answered(state(8, recovered=True)), [])

    def test_what_was_not_recovered_is_a_gap_before_a_fresh_start(self):
        self.assertEqual(
            at(5).answered(state(9, snapshot=["9"], recovered=False)),
            [Gap("c", 5, 9), Event("c", "9", 9, "snapshot")],
        )
        self.assertEqual(at(5).answered(state(9, recovered=False)), [Gap("c", 5, 10)])
        self.assertEqual(
            at(5).answered(state(2, "b2", ["2"], recovered=False)),
            [Gap("c", 5, None), Event("c", "2", 2, "snapshot")],
        )

    def test_nothing_is_missing_where_nothing_came_meanwhile(self):
        self.assertEqual(at(5).answered(state(5, snapshot=["5"], recovered=False)), [])

    def test_a_feed_that_is_not_known_yet_leaves_the_place(self):
        cursor = at(5)
        self.assertEqual(cursor.answered({"channel": "c", "status": "stale"}), [])
        self.assertEqual(cursor.position, {"epoch": "a1", "seq": 5})


class EventTests(unittest.TestCase):
    def test_the_next_number_follows(self):
        self.assertEqual(at(5).received({"seq": 6, "data": 1}), [Event("c", 1, 6)])

    def test_what_the_gateway_left_out_is_no_loss(self):
        event = {"seq": 9, "prev_seq": 5, "merged": 2, "dropped": 1, "data": 1}
        self.assertEqual(at(5).received(event), [Event("c", 1, 9, merged=2, dropped=1)])
        self.assertEqual(len(at(6).received(event)), 1)

    def test_what_was_seen_is_ignored(self):
        self.assertEqual(at(5).received({"seq": 5, "data": 1}), [])

    def test_anything_else_is_a_loss_and_what_follows_waits_for_the_recovery(self):
        for event in ({"seq": 7}, {"seq": 9, "prev_seq": 6}):
            cursor = at(5)
            self.assertIsNone(cursor.received(event))
            self.assertEqual(cursor.position, {"epoch": "a1", "seq": 5})
            self.assertEqual(cursor.received({"seq": 10, "prev_seq": 5}), [])
            self.assertEqual(len(cursor.answered(state(7, snapshot=[6, 7], recovered=True))), 2)
            self.assertEqual(len(cursor.received({"seq": 8})), 1)

    def test_a_loss_that_cannot_be_mended_is_a_gap(self):
        cursor = at(5)
        self.assertIsNone(cursor.received({"seq": 7}))
        self.assertEqual(cursor.abandoned(), [Gap("c", 5, None)])
        self.assertEqual(cursor.received({"seq": 12, "data": 1}), [Event("c", 1, 12)])

    def test_an_event_without_a_number_just_comes(self):
        cursor = at(5)
        self.assertEqual(cursor.received({"data": 1}), [Event("c", 1, None)])
        self.assertEqual(cursor.position, {"epoch": "a1", "seq": 5})

    def test_an_event_may_come_before_the_answer(self):
        cursor = Cursor("c")
        self.assertEqual(cursor.received({"seq": 6, "data": 1}), [Event("c", 1, 6)])
        self.assertEqual(cursor.answered(state(6, snapshot=["6"])), [])


class StatusTests(unittest.TestCase):
    def test_a_feed_that_lost_nothing_goes_on(self):
        cursor = at(5)
        self.assertEqual(cursor.restored({"epoch": "a1", "seq": 5}, True), [])
        self.assertEqual(len(cursor.received({"seq": 6})), 1)

    def test_a_feed_that_went_on_in_its_epoch_may_be_recovered(self):
        self.assertIsNone(at(5).restored({"epoch": "a1", "seq": 8}, False))
        self.assertEqual(at(5).restored({"epoch": "a1", "seq": 5}, False), [])

    def test_another_epoch_is_a_gap(self):
        cursor = at(5)
        self.assertEqual(cursor.restored({"epoch": "b2", "seq": 3}, False), [Gap("c", 5, None)])
        self.assertEqual(cursor.position, {"epoch": "b2", "seq": 3})

    def test_a_feed_that_comes_for_the_first_time_names_the_place(self):
        cursor = Cursor("c")
        self.assertEqual(cursor.restored({"epoch": "a1", "seq": 3}, False), [])
        self.assertEqual(len(cursor.received({"seq": 4})), 1)


class RandomTests(unittest.TestCase):
    def test_no_event_is_lost_or_doubled_whatever_the_link_does(self):
        seed = random.randrange(1 << 32)
        source = random.Random(seed)
        for _ in range(300):
            self.run_once(source, seed)

    def run_once(self, source, seed):
        """A gateway that numbers events, a link that loses some, and a client that recovers."""
        cursor, newest, got = at(0), 0, []
        for _ in range(40):
            newest += 1
            if source.random() < 0.2:
                continue  # Lost on the way, and nobody says so.
            items = cursor.received({"seq": newest, "data": newest})
            if items is None:
                for _ in range(source.randrange(3)):
                    newest += 1
                    items = cursor.received({"seq": newest, "data": newest})
                    self.assertEqual(items, [], f"seed {seed}")
                missed = list(range(cursor.seq + 1, newest + 1))
                items = cursor.answered(state(newest, snapshot=missed, recovered=True))
            got += [item.seq for item in items]
        self.assertEqual(got, list(range(1, len(got) + 1)), f"seed {seed}")
