import unittest

from tradermind_gateway.backoff import Backoff, reconnect_after


class BackoffTests(unittest.TestCase):
    def test_pauses_double_up_to_the_cap_and_stay_there(self):
        backoff = Backoff(draw=lambda: 1.0)
        self.assertEqual([backoff.next() for _ in range(8)], [0.5, 1, 2, 4, 8, 16, 30, 30])

    def test_jitter_is_full_and_comes_on_top_of_what_was_asked_for(self):
        self.assertEqual(Backoff(draw=lambda: 0.0).next(), 0)
        self.assertEqual(Backoff(draw=lambda: 0.5).next(at_least=7), 7.25)
        self.assertEqual(Backoff(draw=lambda: 0.0).next(at_least=1e9), 3600)

    def test_a_minute_of_connection_begins_anew_and_less_does_not(self):
        backoff = Backoff(draw=lambda: 1.0)
        backoff.next()
        backoff.lasted(59.9)
        self.assertEqual(backoff.next(), 1)
        backoff.lasted(60)
        self.assertEqual(backoff.next(), 0.5)

    def test_attempts_end_where_they_are_bounded(self):
        backoff = Backoff(attempts_max=2)
        self.assertIsNotNone(backoff.next())
        self.assertIsNotNone(backoff.next())
        self.assertIsNone(backoff.next())

    def test_close_codes_follow_the_catalog_and_the_ranges_where_they_are_new(self):
        cases = {
            1000: "never", 1001: "backoff", 1006: "backoff", 1009: "never", 1011: "backoff", 4001: "immediately",
            4003: "after_refresh", 4006: "backoff", 4500: "never", 4499: "backoff", 4999: "never", 3000: "never",
        }  # fmt: skip
        for code, reconnect in cases.items():
            self.assertEqual(reconnect_after(code), reconnect, code)
