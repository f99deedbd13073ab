"""ONNX: graphs of scikit-learn and torch predict as what they were exported from; what cannot run is named."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

onnx = pytest.importorskip("onnx", reason="ONNX models need the onnx extra")
pytest.importorskip("onnxruntime", reason="ONNX models need the onnx extra")
skl2onnx = pytest.importorskip("skl2onnx", reason="skl2onnx writes the graphs of these tests")

from onnx import TensorProto, helper
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from cardwright.errors import SourceError, UnsafeError, UsageError
from cardwright.sources.models import load_model

RNG = np.random.default_rng(10)
FRAME = pd.DataFrame(
    {
        "income": RNG.normal(size=120).astype("float32"),
        "job": RNG.choice(["a", "b", "c"], 120),
        "years": RNG.integers(0, 9, 120),
    }
)
Y = np.where(FRAME["income"] + (FRAME["job"] == "a") + RNG.normal(size=120) > 0.3, "good", "bad")
BATCH = pa.RecordBatch.from_pandas(FRAME.assign(y=Y), preserve_index=False)
X = FRAME[["income", "years"]].to_numpy(dtype="float32")


def graph(native, x=X, **options):
    options = {id(native): options} if options else None
    return skl2onnx.to_onnx(native, x[:1], options=options, target_opset=18).SerializeToString()


@pytest.fixture
def saved(tmp_path):
    def save(raw):
        path = tmp_path / "model.onnx"
        path.write_bytes(raw)
        return path

    return save


@pytest.mark.parametrize("zipmap", [True, False, "columns"])
def test_a_classifier_keeps_its_labels_with_and_without_mappings(saved, zipmap):
    native = LogisticRegression().fit(X, Y)
    path = saved(graph(native, zipmap=zipmap))
    if zipmap == "columns":
        with pytest.raises(SourceError, match="2 outputs of numbers, and one is read"):
            load_model(path, ["income", "years"])
        return
    for favourable, column in (("bad", 0), ("good", 1), (None, 1)):
        model = load_model(path, ["income", "years"], favourable=favourable)
        assert (model.framework, model.classes) == ("onnx", ("bad", "good"))
        np.testing.assert_allclose(model.predict(BATCH), native.predict_proba(X)[:, column], atol=1e-6)


def test_trees_several_classes_and_numbers(saved):
    native = RandomForestClassifier(5, random_state=0).fit(X, np.arange(120) % 3)
    model = load_model(saved(graph(native)), ["income", "years"])
    assert model.classes == ("0", "1", "2")
    np.testing.assert_allclose(model.predict(BATCH), native.predict_proba(X), atol=1e-6)
    value = LinearRegression().fit(X, FRAME["years"])
    found = load_model(saved(graph(value)), ["income", "years"]).predict(BATCH)
    np.testing.assert_allclose(found, value.predict(X), atol=1e-5)


def test_a_pipeline_with_an_input_for_each_column_reads_words(saved):
    encode = ColumnTransformer([("job", OneHotEncoder(handle_unknown="ignore"), ["job"])], remainder="passthrough")
    native = make_pipeline(encode, LogisticRegression()).fit(FRAME, Y)
    raw = skl2onnx.to_onnx(native, FRAME[:1], options={id(native): {"zipmap": False}}).SerializeToString()
    model = load_model(saved(raw), favourable="good", columns=BATCH.schema.names)
    assert model.features == ("income", "job", "years")
    np.testing.assert_allclose(model.predict(BATCH), native.predict_proba(FRAME)[:, 1], atol=1e-6)
    numbers = pa.RecordBatch.from_pandas(FRAME.assign(job=1), preserve_index=False)
    with pytest.raises(SourceError, match='reads "job" as words'):
        model.predict(numbers)


def small(*nodes, domains=(), shape=("n", 2), outputs=("n",), kind=TensorProto.FLOAT, initializers=()):
    body = helper.make_graph(
        list(nodes),
        "g",
        [helper.make_tensor_value_info("x", kind, list(shape))],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, list(outputs))],
        list(initializers),
    )
    opsets = [helper.make_opsetid("", 18), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(body, opset_imports=opsets, ir_version=9).SerializeToString()


SUM = helper.make_node("ReduceSum", ["x", "axes"], ["z"], keepdims=0)
AXES = helper.make_tensor("axes", TensorProto.INT64, [1], [1])


def test_a_single_logit_becomes_the_probability_of_the_second_class(saved):
    path = saved(small(SUM, initializers=[AXES]))
    expected = 1 / (1 + np.exp(-X.sum(axis=1).astype(float)))
    said = {"task": "binary", "output": "logit", "classes": ["bad", "good"]}
    np.testing.assert_allclose(
        load_model(path, ["income", "years"], favourable="good", **said).predict(BATCH), expected, atol=1e-6
    )
    np.testing.assert_allclose(
        load_model(path, ["income", "years"], favourable="bad", **said).predict(BATCH), 1 - expected, atol=1e-6
    )
    with pytest.raises(SourceError, match="outside"):
        load_model(path, ["income", "years"], task="binary").predict(BATCH)


def test_unknown_operators_are_named(saved):
    own = helper.make_node("Fuse", ["x"], ["z"], domain="acme.ops")
    with pytest.raises(SourceError, match=r"operators that onnxruntime \S+ does not have: \"acme.ops.Fuse\""):
        load_model(saved(small(own, domains=["acme.ops"])), ["income", "years"])
    misspelt = helper.make_node("ReduceSun", ["x"], ["z"])
    with pytest.raises(SourceError, match='does not have: "ReduceSun"'):
        load_model(saved(small(misspelt)), ["income", "years"])


def test_weights_in_another_file_are_refused(saved, tmp_path):
    outside = helper.make_tensor("axes", TensorProto.INT64, [1], [1])
    outside.ClearField("int64_data")
    outside.data_location = TensorProto.EXTERNAL
    outside.external_data.add(key="location", value="weights.bin")
    (tmp_path / "weights.bin").write_bytes(b"\1" + b"\0" * 7)
    with pytest.raises(UnsafeError, match="in other files, whose digest nobody has taken"):
        load_model(saved(small(SUM, initializers=[outside])), ["income", "years"])


def test_what_does_not_fit_says_why(saved):
    with pytest.raises(SourceError, match="not a whole ONNX file"):
        load_model(saved(b"\xff\xff\xff"))
    with pytest.raises(SourceError, match="3 dimensions, and a table gives rows"):
        load_model(saved(small(SUM, initializers=[AXES], shape=("n", 2, 4), outputs=("n", 4))), ["income"])
    with pytest.raises(SourceError, match="reads 2 features, and 1 are named"):
        load_model(saved(small(SUM, initializers=[AXES])), ["income"])
    with pytest.raises(UsageError, match="does not know the names of its features"):
        load_model(saved(small(SUM, initializers=[AXES])))
    same = helper.make_node("Identity", ["x"], ["z"])
    path = saved(small(same, outputs=("n", 2)))
    with pytest.raises(UsageError, match="does not say which classes its columns are"):
        load_model(path, ["income", "years"])
    with pytest.raises(SourceError, match=r"classes of the model. Write `classes:"):
        load_model(path, ["income", "years"], task="binary", favourable="good")
    fixed = saved(small(SUM, initializers=[AXES], shape=(1, 2), outputs=(1,)))
    with pytest.raises(SourceError, match="exported for any number of rows"):
        load_model(fixed, ["income", "years"], task="regression").predict(BATCH)
