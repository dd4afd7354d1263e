#!/usr/bin/env python3
"""Window features of card transactions, by their definition: slow, obvious, and independent of Forebay.

    reference.py TRANSACTIONS CHARGEBACKS > FEATURES        (JSON Lines in, JSON Lines out)

For a transaction at time t, and n = 1, 7 and 30 days:

    night            hour <= 6, UTC
    weekend          Saturday or Sunday, UTC
    customer_n_Nd    transactions of the customer in (t - n, t], this one included
    customer_avg_Nd  mean of their amounts
    terminal_n_Nd    transactions at the terminal in (t - 7 d - n, t - 7 d]
    terminal_risk_Nd share of them that are known to be frauds; 0 where there are none

Transactions of the same millisecond are taken in the order of the file: the later one sees the earlier one, not the
other way round. A label counts for a transaction at t when it was reported at or before t. Sums are exact, in cents;
a mean or a share is one division of two integers, rounded once.

Nothing here looks at more than whole histories and positions in them: for each customer and each terminal the list
of all its transactions so far, in order of time, and a window is a range of positions in that list.
"""

import argparse
import json
from bisect import bisect_left, bisect_right
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from decimal import Decimal

DAY_MS = 24 * 60 * 60 * 1000
DELAY_MS = 7 * DAY_MS
WINDOWS_DAYS = (1, 7, 30)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Customer:
    """Every transaction so far: when, and what all up to and including it add up to."""

    def __init__(self):
        self.times = []
        self.cents_up_to = [0]

    def add(self, t, cents):
        self.times.append(t)
        self.cents_up_to.append(self.cents_up_to[-1] + cents)

    def count_and_cents(self, after, up_to):
        first, end = window(self.times, after, up_to)
        return end - first, self.cents_up_to[end] - self.cents_up_to[first]


class Terminal:
    """Every transaction so far: when, and the positions of those that are known to be frauds."""

    def __init__(self):
        self.times = []
        self.position_of = {}
        self.known_frauds = []

    def add(self, t, tx_id):
        self.position_of[tx_id] = len(self.times)
        self.times.append(t)

    def label(self, tx_id, fraud):
        position = self.position_of[tx_id]
        place = bisect_left(self.known_frauds, position)
        is_known = self.known_frauds[place : place + 1] == [position]
        if fraud and not is_known:
            self.known_frauds.insert(place, position)
        elif not fraud and is_known:
            del self.known_frauds[place]

    def count_and_frauds(self, after, up_to):
        first, end = window(self.times, after, up_to)
        frauds = bisect_left(self.known_frauds, end) - bisect_left(self.known_frauds, first)
        return end - first, frauds


def window(times, after, up_to):
    """Positions of the times in (after, up_to]: from the first one to before the second one."""
    return bisect_right(times, after), bisect_right(times, up_to)


def features(transactions, chargebacks):
    """Yields a dict for each transaction. Both inputs are dicts in order of time."""
    customers = defaultdict(Customer)
    terminals = defaultdict(Terminal)
    labels = iter(chargebacks)
    label = next(labels, None)
    last = None
    for transaction in transactions:
        t = transaction["ts"]
        if last is not None and t < last:
            raise ValueError(f"transaction {transaction['tx_id']} is older than the one before it: sort the file by ts")
        last = t
        while label is not None and milliseconds(label["reported"]) <= t:
            terminals[label["terminal_id"]].label(label["tx_id"], label["fraud"])
            label = next(labels, None)

        customer = customers[transaction["customer_id"]]
        terminal = terminals[transaction["terminal_id"]]
        customer.add(t, cents(transaction["amount"]))
        terminal.add(t, transaction["tx_id"])
        yield one(transaction["tx_id"], t, customer, terminal)


def one(tx_id, t, customer, terminal):
    when = EPOCH + timedelta(milliseconds=t)
    row = {"tx_id": tx_id, "night": when.hour <= 6, "weekend": when.weekday() >= 5}
    for days in WINDOWS_DAYS:
        count, total = customer.count_and_cents(t - days * DAY_MS, t)
        row[f"customer_n_{days}d"] = count
        row[f"customer_avg_{days}d"] = total / (100 * count)  # of two integers: rounded once
    for days in WINDOWS_DAYS:
        count, frauds = terminal.count_and_frauds(t - DELAY_MS - days * DAY_MS, t - DELAY_MS)
        row[f"terminal_n_{days}d"] = count
        row[f"terminal_risk_{days}d"] = frauds / count if count else 0.0
    return row


def cents(amount):
    value = Decimal(amount) * 100
    if value != int(value):
        raise ValueError(f"an amount has two digits after the point, and {amount} has more")
    return int(value)


def milliseconds(text):
    """Of an RFC 3339 time. A label between two milliseconds counts from the later one."""
    since = datetime.fromisoformat(text) - EPOCH
    return -(-since // timedelta(milliseconds=1))


def read(path):
    """JSON Lines, with decimals as they are written."""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line, parse_float=Decimal)


def main():
    arguments = argparse.ArgumentParser(description="Window features of card transactions, by their definition.")
    arguments.add_argument("transactions")
    arguments.add_argument("chargebacks")
    paths = arguments.parse_args()
    for row in features(read(paths.transactions), read(paths.chargebacks)):
        print(json.dumps(row))


if __name__ == "__main__":
    main()
