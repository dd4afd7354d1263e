#!/usr/bin/env python3
"""Checks reference.py against cases worked out by hand, and against a plain reading of the definitions.

    python3 test_reference.py
"""

import random
import unittest
from datetime import timedelta

import reference

DAY, HOUR = reference.DAY_MS, reference.DAY_MS // 24
START = 1_767_225_600_000  # Thursday 2026-01-01T00:00:00Z


def transaction(tx_id, t, amount="10.00", customer=1, terminal=1):
    return {"tx_id": tx_id, "customer_id": customer, "terminal_id": terminal, "amount": amount, "ts": START + t}


def label(tx_id, t, fraud=True, terminal=1):
    reported = (reference.EPOCH + timedelta(milliseconds=START + t)).isoformat().replace("+00:00", "Z")
    return {"tx_id": tx_id, "terminal_id": terminal, "fraud": fraud, "reported": reported}


class ByHand(unittest.TestCase):
    def check(self, transactions, labels, **expected):
        """Of the last transaction."""
        *_, row = reference.features(transactions, labels)
        self.assertEqual({name: row[name] for name in expected}, expected)

    def test_calendar(self):
        for t, night, weekend in [
            (0, True, False),
            (7 * HOUR - 1, True, False),
            (7 * HOUR, False, False),
            (2 * DAY - 1, False, False),
            (2 * DAY, True, True),
            (4 * DAY - 1, False, True),
            (4 * DAY, True, False),
        ]:
            self.check([transaction("a", t)], [], night=night, weekend=weekend)

    def test_customer_windows_take_in_the_current_one_and_leave_out_their_beginning(self):
        first = transaction("a", 0, "10.00")
        others = [transaction("b", 1, "20.00"), transaction("c", DAY, "0.05")]
        self.check([first, *others], [], customer_n_1d=2, customer_avg_1d=10.025, customer_n_7d=3)
        self.check([first, transaction("z", DAY - 1, "20.10")], [], customer_n_1d=2, customer_avg_1d=15.05)
        self.check([first, transaction("z", 5, customer=2)], [], customer_n_30d=1, customer_avg_30d=10.0)

    def test_of_the_same_instant_the_later_sees_the_earlier(self):
        rows = list(reference.features([transaction("a", 0), transaction("b", 0)], []))
        self.assertEqual([row["customer_n_1d"] for row in rows], [1, 2])

    def test_terminal_windows_end_a_week_ago_including_their_end(self):
        a, b = transaction("a", 0), transaction("b", DAY)
        for t, within_a_day in [(7 * DAY - 1, 0), (7 * DAY, 1), (8 * DAY - 1, 1), (8 * DAY, 1), (9 * DAY, 0)]:
            self.check([a, b, transaction("z", t, customer=2)], [], terminal_n_1d=within_a_day)
        self.check([a, b, transaction("z", 8 * DAY)], [], terminal_n_7d=2, terminal_n_30d=2)
        self.check([a, transaction("z", 7 * DAY, terminal=2)], [], terminal_n_30d=0, terminal_risk_30d=0.0)

    def test_a_label_counts_from_the_instant_of_its_report(self):
        before = [transaction("a", 0), transaction("b", 0), transaction("c", 0)]
        now = transaction("z", 7 * DAY + HOUR)
        self.check([*before, now], [label("b", 7 * DAY + HOUR)], terminal_n_1d=3, terminal_risk_1d=1 / 3)
        self.check([*before, now], [label("b", 7 * DAY + HOUR + 1)], terminal_n_1d=3, terminal_risk_1d=0.0)
        taken_back = [label("b", 7 * DAY), label("c", 7 * DAY), label("b", 7 * DAY + 1, fraud=False)]
        self.check([*before, now], taken_back, terminal_risk_1d=1 / 3)

    def test_input_that_would_give_wrong_features_is_refused(self):
        with self.assertRaisesRegex(ValueError, "sort the file by ts"):
            list(reference.features([transaction("a", 1), transaction("b", 0)], []))
        with self.assertRaisesRegex(ValueError, "two digits"):
            list(reference.features([transaction("a", 0, "0.001")], []))


class ByDefinition(unittest.TestCase):
    """Each window by looking at every transaction so far."""

    def check(self, seed):
        chance = random.Random(seed)
        times = sorted(chance.randrange(0, 50 * DAY, HOUR // 2) for _ in range(400))
        transactions = [
            transaction(str(i), t, f"{chance.randrange(1, 10_000) / 100:.2f}", chance.randrange(3), chance.randrange(3))
            for i, t in enumerate(times)
        ]
        labels = sorted(
            (
                label(tx["tx_id"], tx["ts"] - START + chance.randrange(0, 12 * DAY, HOUR // 2), True, tx["terminal_id"])
                for tx in chance.sample(transactions, 150)
            ),
            key=lambda label: label["reported"],
        )
        for i, row in enumerate(reference.features(transactions, iter(labels))):
            now, so_far = transactions[i], transactions[: i + 1]
            known = {label["tx_id"] for label in labels if reference.milliseconds(label["reported"]) <= now["ts"]}
            for days in reference.WINDOWS_DAYS:
                own = [
                    reference.cents(tx["amount"])
                    for tx in so_far
                    if tx["customer_id"] == now["customer_id"] and now["ts"] - days * DAY < tx["ts"]
                ]
                there = [
                    tx["tx_id"] in known
                    for tx in so_far
                    if tx["terminal_id"] == now["terminal_id"]
                    and now["ts"] - (7 + days) * DAY < tx["ts"] <= now["ts"] - 7 * DAY
                ]
                self.assertEqual(row[f"customer_n_{days}d"], len(own))
                self.assertEqual(row[f"customer_avg_{days}d"], sum(own) / (100 * len(own)))
                self.assertEqual(row[f"terminal_n_{days}d"], len(there))
                self.assertEqual(row[f"terminal_risk_{days}d"], sum(there) / max(len(there), 1))

    def test_random_streams(self):
        for seed in range(5):
            self.check(seed)


if __name__ == "__main__":
    unittest.main()
