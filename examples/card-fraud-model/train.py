#!/usr/bin/env python3
"""Trains the card fraud model of the demo and writes it with its card: README.md says how to run this.

Transactions come from the project's generator, features from reference.py, so the model is trained on the definitions
themselves and not on Forebay's way to work them out. It learns what a bank would know on the day that testing starts
(the chargebacks up to then) and is judged by the truth. Everything is fixed by seeds and runs on one thread: the same
versions on the same kind of machine give the same bytes.
"""

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

import reference

try:
    import lightgbm
    import numpy as np
    import onnx
    import onnxruntime
    from onnxmltools.convert import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType
    from sklearn.metrics import average_precision_score, roc_auc_score
except ImportError as error:
    sys.exit(f"{error}: README.md beside this script says how to install what it needs")

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "configs/models/files/card-fraud.onnx"
CARD = ROOT / "configs/models/card-fraud.yaml"

COLUMNS = ["amount", "night", "weekend"] + [
    f"{name}_{days}d"
    for name in ("customer_n", "customer_avg", "terminal_n", "terminal_risk")
    for days in reference.WINDOWS_DAYS
]

# Not the seed of the demo: the model must not have seen the people that it is shown with.
SEED = 2026
DAYS = 90
TRAIN_DAYS = 60
GAP_DAYS = 7
TEST_DAY = TRAIN_DAYS + GAP_DAYS
PARAMETERS = {
    "objective": "binary",
    "num_leaves": 31,
    "learning_rate": 0.05,
    "min_data_in_leaf": 100,
    # Moves scores up, so that `score >= 0.9` is some twenty alerts a day, nine of ten right.
    "scale_pos_weight": 3,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
TREES = 100
ALERTS_A_DAY = 100
BATCHES = (1, 7, 122, 256, 1024)


def main():
    arguments = argparse.ArgumentParser(description="Trains the card fraud model and writes it with its card.")
    arguments.add_argument("--work", type=Path, default=ROOT / "target/card-fraud-model", help="folder for the data")
    work = arguments.parse_args().work
    generate(work)
    data = Data(work)
    booster = train(data)
    model = export(booster)
    judge(data, check(model, booster, data.rows))
    write(model)


def generate(folder):
    options = {"seed": SEED, "days": DAYS, "customers": 5_000, "terminals": 10_000, "out": folder}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = ["cargo", "xtask", "generate", *words]
    subprocess.run(command, cwd=ROOT, check=True)


class Data:
    """All transactions in order: model inputs, day, customer, what was reported when testing starts, and the truth."""

    def __init__(self, folder):
        transactions, chargebacks = folder / "transactions.jsonl", folder / "chargebacks.jsonl"
        features = reference.features(reference.read(transactions), reference.read(chargebacks))
        rows, times, customers, ids = [], [], [], []
        for transaction, row in zip(reference.read(transactions), features, strict=True):
            row["amount"] = float(transaction["amount"])
            rows.append(np.array([row[column] for column in COLUMNS], dtype=np.float64).astype(np.float32))
            times.append(transaction["ts"])
            customers.append(transaction["customer_id"])
            ids.append(transaction["tx_id"])
        first_midnight = times[0] // reference.DAY_MS * reference.DAY_MS
        test_begins = first_midnight + TEST_DAY * reference.DAY_MS
        reported = {
            label["tx_id"]
            for label in reference.read(chargebacks)
            if label["fraud"] and reference.milliseconds(label["reported"]) <= test_begins
        }
        self.rows = np.stack(rows)
        self.days = (np.array(times) - first_midnight) // reference.DAY_MS
        self.customers = np.array(customers)
        self.reported = np.array([tx_id in reported for tx_id in ids])
        self.frauds = np.array([truth["fraud"] for truth in reference.read(folder / "truth.jsonl")])


def train(data):
    known = data.days < TRAIN_DAYS
    print(f"training on {known.sum():,} transactions with {data.reported[known].sum():,} reported frauds")
    table = lightgbm.Dataset(data.rows[known], data.reported[known], feature_name=COLUMNS)
    return lightgbm.train(PARAMETERS, table, TREES)


def export(booster):
    """The trees as one ONNX node that adds up their leaves, and the logistic function behind it. The converter makes a
    classifier of them, with a label and two classes that nobody reads, which takes ONNX Runtime a fifth longer; and it
    rounds thresholds to the nearest f32, which may lie on the other side of a value that occurs."""
    shape = FloatTensorType(["batch", len(COLUMNS)])
    converted = convert_lightgbm(booster, "card-fraud", [("input", shape)], zipmap=False, target_opset=15)
    (classifier,) = [node for node in converted.graph.node if node.op_type == "TreeEnsembleClassifier"]
    round_thresholds_down(classifier, booster)
    trees = onnx.helper.make_node(
        "TreeEnsembleRegressor", ["input"], ["sum"], domain="ai.onnx.ml", n_targets=1, **ensemble(classifier)
    )
    logistic = onnx.helper.make_node("Sigmoid", ["sum"], ["score"])
    score = onnx.helper.make_tensor_value_info("score", onnx.TensorProto.FLOAT, ["batch", 1])
    graph = onnx.helper.make_graph([trees, logistic], "card-fraud", converted.graph.input, [score])
    # The converter gives the operator sets now in one order, now in the other.
    opsets = sorted(converted.opset_import, key=lambda opset: opset.domain)
    model = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=converted.ir_version)
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def ensemble(classifier):
    """Nodes and leaves of a classifier as a regressor has them. Where missing values go is left out, since no input is
    ever missing and asking takes time, and so is how often a node was hit, which is not asked for."""
    unasked = {"nodes_missing_value_tracks_true", "nodes_hitrates"}
    attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in classifier.attribute}
    nodes = {name: value for name, value in attributes.items() if name.startswith("nodes_") and name not in unasked}
    leaves = {f"target_{name}": attributes[f"class_{name}"] for name in ("ids", "nodeids", "treeids", "weights")}
    return nodes | leaves


def round_thresholds_down(trees, booster):
    """For an f32 input x, `x <= threshold` and `x <= (largest f32 up to threshold)` are the same."""
    attribute = {attribute.name: attribute for attribute in trees.attribute}
    thresholds = attribute["nodes_values"].floats
    on_true, on_false = attribute["nodes_truenodeids"].ints, attribute["nodes_falsenodeids"].ints
    place = {key: at for at, key in enumerate(zip(attribute["nodes_treeids"].ints, attribute["nodes_nodeids"].ints))}

    def walk(tree, node, split):
        if "threshold" in split:
            at = place[tree, node]
            nearest = np.float32(split["threshold"])
            is_above = float(nearest) > split["threshold"]
            thresholds[at] = np.nextafter(nearest, np.float32(-np.inf)) if is_above else nearest
            walk(tree, on_true[at], split["left_child"])
            walk(tree, on_false[at], split["right_child"])

    for tree, root in enumerate(booster.dump_model()["tree_info"]):
        walk(tree, 0, root["tree_structure"])


def check(model, booster, rows):
    """Scores as ONNX Runtime gives them: close to LightGBM's, and the same bits at any batch size."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    scores = session.run(["score"], {"input": rows})[0]
    difference = np.abs(scores[:, 0] - booster.predict(rows, num_threads=1)).max()
    print(f"ONNX Runtime differs from LightGBM by at most {difference:.2g}")
    if difference > 1e-5:
        sys.exit("that is more than rounding: the exported trees are not those that were trained")
    some = rows[-20_000:]
    for batch in BATCHES:
        pieces = [some[at : at + batch] for at in range(0, len(some), batch)]
        again = np.concatenate([session.run(["score"], {"input": piece})[0] for piece in pieces])
        if again.tobytes() != scores[-len(some) :].tobytes():
            sys.exit(f"scores at batch {batch} have other bits: the card must not say `batch: invariant`")
    print(f"scores have the same bits at batch {', '.join(map(str, BATCHES))} and {len(scores):,}")
    return scores[:, 0]


def judge(data, scores):
    tested = data.days >= TEST_DAY
    days, customers, frauds, scores = (of[tested] for of in (data.days, data.customers, data.frauds, scores))
    print(f"tested on {len(scores):,} transactions of {DAYS - TEST_DAY} days, {frauds.mean():.2%} frauds")
    print(f"  AUC                 {roc_auc_score(frauds, scores):.3f}")
    print(f"  average precision   {average_precision_score(frauds, scores):.3f}")
    print(f"  precision@{ALERTS_A_DAY}       {precision(days, frauds, scores):.3f}")
    print(f"  card precision@{ALERTS_A_DAY}  {card_precision(days, customers, frauds, scores):.3f}")
    alerts = scores >= 0.9
    right, found = frauds[alerts].mean(), frauds[alerts].sum() / frauds.sum()
    print(
        f"  score >= 0.9        {alerts.sum() / (DAYS - TEST_DAY):.1f} alerts a day ({alerts.mean():.2%}), "
        f"{right:.1%} of them right, {found:.1%} of the frauds"
    )


def precision(days, frauds, scores):
    """Of the highest scores of each day, the share that are frauds."""
    found = 0
    for day in np.unique(days):
        today = days == day
        found += frauds[today][highest(scores[today])].sum()
    return found / (ALERTS_A_DAY * len(np.unique(days)))


def card_precision(days, customers, frauds, scores):
    """The same for cards, by their highest score of the day; a card that was found is blocked from then on."""
    blocked = set()
    for day in np.unique(days):
        cards = {}
        for at in np.flatnonzero(days == day):
            if customers[at] not in blocked:
                score, fraud = cards.get(customers[at], (-1.0, False))
                cards[customers[at]] = max(score, scores[at]), fraud or frauds[at]
        ranked = sorted(cards.items(), key=lambda card: -card[1][0])
        blocked.update(customer for customer, (_, fraud) in ranked[:ALERTS_A_DAY] if fraud)
    return len(blocked) / (ALERTS_A_DAY * len(np.unique(days)))


def highest(scores):
    return np.argsort(-scores, kind="stable")[:ALERTS_A_DAY]


def write(model):
    digest = hashlib.sha256(model).hexdigest()
    MODEL.parent.mkdir(parents=True, exist_ok=True)
    MODEL.write_bytes(model)
    CARD.write_text(
        f"""\
# Written by examples/card-fraud-model/train.py, which makes the model again.
apiVersion: forebay.dev/v1alpha1
kind: Model
metadata: {{ name: card-fraud }}
spec:
  version: "3"
  source: {{ file: files/card-fraud.onnx }}
  sha256: {digest}
  licence: Apache-2.0
  batch: invariant
  inputs:
    - {{ tensor: input, type: f32, dims: [batch, {len(COLUMNS)}], columns: [{", ".join(COLUMNS)}] }}
  outputs:
    - {{ tensor: score, type: f32, dims: [batch, 1], columns: [score] }}
"""
    )
    print(f"{MODEL.relative_to(ROOT)}: {len(model):,} bytes, sha256 {digest}")


if __name__ == "__main__":
    main()
