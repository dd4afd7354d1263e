"""Makes the small models of the tests beside this file: `python make.py` in an environment with onnx 1.23.2."""

import pathlib

from onnx import TensorProto as T, checker, helper as h, numpy_helper, save
import numpy as np

HERE = pathlib.Path(__file__).parent
CONSTANTS = {"axis_0": np.array([0], np.int64), "axis_1": np.array([1], np.int64), "one": np.array([1], np.int64),
             "four": np.array([10, 20, 30, 40], np.float32)}


def model(name, inputs, outputs, nodes):
    used = {i for node in nodes for i in node.input}
    value = lambda t: h.make_tensor_value_info(*t)
    graph = h.make_graph(nodes, "g", [value(t) for t in inputs], [value(t) for t in outputs],
                         [numpy_helper.from_array(v, k) for k, v in CONSTANTS.items() if k in used])
    made = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8, producer_name="")
    checker.check_model(made)
    save(made, HERE / f"{name}.onnx")


# Sum of a row and its logarithm (NaN below zero), and the sum as an integer beside them.
model("sum", [("x", T.FLOAT, ["n", 3])], [("y", T.FLOAT, ["n", 2]), ("whole", T.INT64, ["n"])], [
    h.make_node("ReduceSum", ["x", "axis_1"], ["s"], keepdims=1),
    h.make_node("Log", ["s"], ["l"]),
    h.make_node("Concat", ["s", "l"], ["y"], axis=1),
    h.make_node("ReduceSum", ["x", "axis_1"], ["flat"], keepdims=0),
    h.make_node("Cast", ["flat"], ["whole"], to=T.INT64),
])
# Two inputs, f64 and i64: the sum of the first, and the second plus one.
model("pair", [("a", T.DOUBLE, ["n", 2]), ("b", T.INT64, ["n", 1])], [("s", T.DOUBLE, ["n"]), ("t", T.INT64, ["n", 1])], [
    h.make_node("ReduceSum", ["a", "axis_1"], ["s"], keepdims=0),
    h.make_node("Add", ["b", "one"], ["t"]),
])
# What a row is above the mean of its batch: a result that depends on the neighbours.
model("above", [("x", T.FLOAT, ["n", 1])], [("y", T.FLOAT, ["n", 1])], [
    h.make_node("ReduceMean", ["x"], ["m"], axes=[0], keepdims=1),
    h.make_node("Sub", ["x", "m"], ["y"]),
])
# One of four numbers by its index: any other index fails the whole call.
model("pick", [("i", T.INT64, ["n", 1])], [("y", T.FLOAT, ["n", 1])], [
    h.make_node("Gather", ["four", "i"], ["y"], axis=0),
])
# As many rows out as there are values that are not zero, which no shape in the file can say.
model("nonzero", [("x", T.FLOAT, ["n", 3])], [("y", T.INT64, ["k", 2])], [
    h.make_node("NonZero", ["x"], ["t"]),
    h.make_node("Transpose", ["t"], ["y"]),
])
