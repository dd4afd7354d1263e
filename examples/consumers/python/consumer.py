"""Reads scored transactions and tells results that it has seen: `consumer.py BROKERS TOPIC COUNT`."""

import json
import sys

from confluent_kafka import Consumer, KafkaException


def results(consumer):
    """Messages as (partition, stream, seq, value), until nothing came for ten seconds."""
    while (message := consumer.poll(10.0)) is not None:
        if message.error():
            raise KafkaException(message.error())
        headers = dict(message.headers() or [])
        if message.value() is not None:  # a message without a value says that its key is gone
            seq = int(headers["_seq"])
            yield message.partition(), headers["stream"].decode(), seq, json.loads(message.value())


def main(brokers, topic, count):
    consumer = Consumer({
        "bootstrap.servers": brokers,
        "group.id": f"example-python-{topic}",
        "auto.offset.reset": "earliest",
        # Positions are kept when what was read is dealt with, not before.
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
    })
    consumer.subscribe([topic])
    highest, seen, again = {}, 0, 0
    for partition, stream, seq, value in results(consumer):
        if seq <= highest.get((partition, stream), -1):
            again += 1
            continue
        highest[partition, stream] = seq
        print(value["tx_id"], value["decision"])
        seen += 1
        if seen == count:
            break
    print(f"{again} seen before", file=sys.stderr)
    consumer.commit(asynchronous=False)
    consumer.close()
    return 0 if seen == count else 1


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
