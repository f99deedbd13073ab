"""Torch models as data: the three safe kinds predict alike, and nothing that is smuggled into them runs."""

import io
import json
import pickle
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("torch", reason="torch models need the torch extra")

import torch

from cardwright.errors import SourceError, UnsafeError
from cardwright.sources.models import load_model
from cardwright.sources.torch_files import screen_export

FEATURES = ["age", "income", "employed"]
BATCH = pa.record_batch(
    {"income": [1.0, 0.5, 2.0], "age": [1, 2, 3], "employed": [True, False, True], "job": ["a", "b", "c"]}
)
MATRIX = torch.tensor([[1.0, 1.0, 1.0], [2.0, 0.5, 0.0], [3.0, 2.0, 1.0]])

SOURCE = """
import torch

class Net(torch.nn.Module):
    def __init__(self, hidden=4, classes=1):
        super().__init__()
        self.first = torch.nn.Linear(3, hidden)
        self.drop = torch.nn.Dropout(0.5)
        self.last = torch.nn.Linear(hidden, classes)

    def forward(self, x):
        return torch.sigmoid(self.last(self.drop(torch.relu(self.first(x)))))

class NoModule:
    pass

def fails():
    raise ValueError("Jane Roe")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A module of a person beside the plan, and the same network in the three safe kinds of file."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "torch_files_net.py").write_text(SOURCE)
    space = {"__name__": "torch_files_net"}
    exec(compile(SOURCE, str(folder / "torch_files_net.py"), "exec"), space)
    torch.manual_seed(0)
    net = space["Net"]().eval()
    program = torch.export.export(net, (MATRIX,), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
    torch.export.save(program, folder / "net.pt2")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.* is deprecated", category=DeprecationWarning)
        torch.jit.save(torch.jit.trace(net, MATRIX), folder / "net.ts")
    torch.save(net.state_dict(), folder / "net.pt")
    return folder


@pytest.fixture(scope="module")
def expected(folder):
    state = torch.load(folder / "net.pt", weights_only=True)
    hidden = torch.relu(MATRIX @ state["first.weight"].T + state["first.bias"])
    return torch.sigmoid(hidden @ state["last.weight"].T + state["last.bias"])[:, 0].double().numpy()


STATE = {"module": "torch_files_net:Net", "arguments": {"hidden": 4}, "trust": True}


@pytest.mark.parametrize(("name", "said"), [("net.pt2", {}), ("net.ts", {}), ("net.pt", STATE)])
def test_the_three_kinds_of_file_predict_alike(folder, expected, name, said):
    """torch.export, TorchScript and a state dict with its class give the same probabilities, for any number of rows."""
    model = load_model(folder / name, FEATURES, task="binary", favourable="1", base=folder, **said)
    np.testing.assert_allclose(model.predict(BATCH), expected, atol=1e-6)
    np.testing.assert_allclose(model.predict(BATCH.slice(1, 2)), expected[1:], atol=1e-6)
    assert (model.framework, model.ref.format, model.features) == ("torch", "torch", tuple(FEATURES))
    assert model.to_matrix(BATCH).dtype == torch.float32
    torch.testing.assert_close(model.to_matrix(BATCH), MATRIX)


def test_a_state_dict_needs_trust(folder):
    """The class of a state dict is imported only where a person has said that its code may run."""
    with pytest.raises(UnsafeError, match="add `trust: true`"):
        load_model(folder / "net.pt", FEATURES, base=folder, **{**STATE, "trust": False})
    with pytest.raises(UnsafeError, match=r"`module: package\.module:Class`"):
        load_model(folder / "net.pt", FEATURES, base=folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"arguments": {"hidden": 5}}, "the weights do not fit"),
        ({"arguments": {"nonsense": 5}}, 'making "torch_files_net:Net" raised TypeError'),
        ({"module": "torch_files_net:Nett"}, 'Did you mean "Net"'),
        ({"module": "torch_files_net:NoModule", "arguments": {}}, "makes no torch module"),
        ({"module": "torch_files_net:fails", "arguments": {}}, "raised ValueError"),
        ({"module": "no_such_module:Net"}, 'there is no module "no_such_module"'),
    ],
)
def test_a_state_dict_has_to_fit_its_class(folder, change, said):
    """Weights that do not fit, and classes that do not exist or do not work, are one clear error."""
    with pytest.raises(SourceError, match=said) as caught:
        load_model(folder / "net.pt", FEATURES, base=folder, **{**STATE, **change})
    assert "Jane Roe" not in str(caught.value)


class Bomb:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return (Path.touch, (Path(self.trace),))


@pytest.fixture
def bomb(tmp_path):
    """A pickle that leaves a trace, and the place of the trace, where nothing must be at the end."""
    trace = tmp_path / "trace"
    yield Bomb(str(trace))
    assert not trace.exists()


@pytest.mark.parametrize("name", ["model.pt", "model.pth", "model.bin", "model.pt2", "model.ts"])
@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("said", [{}, STATE])
def test_a_pickle_under_an_ending_of_torch_never_loads(folder, tmp_path, bomb, name, old, said):
    """A pickle inside a torch file, of the new or the old format, is refused and never runs, even where a class is trusted."""
    torch.save({"first.weight": bomb}, tmp_path / name, _use_new_zipfile_serialization=not old)
    with pytest.raises(UnsafeError) as caught:
        load_model(tmp_path / name, FEATURES, base=folder, **said)
    assert caught.value.exit_code == 3


def test_a_plain_pickle_is_refused(tmp_path, bomb):
    """A plain pickle with an ending of torch is refused."""
    (tmp_path / "model.pt").write_bytes(pickle.dumps(bomb))
    with pytest.raises(UnsafeError):
        load_model(tmp_path / "model.pt", FEATURES)


def parts_of(path):
    with zipfile.ZipFile(path) as archive:
        return {part.filename: archive.read(part) for part in archive.infolist()}


def packed(path, parts):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def saved(value):
    out = io.BytesIO()
    torch.save(value, out)
    return out.getvalue()


def find(parts, end):
    return next(name for name in parts if name.endswith(end))


def changed(parts, end, change):
    """The archive with one of its JSON parts changed."""
    name = find(parts, end)
    value = json.loads(parts[name])
    change(value)
    return {**parts, name: json.dumps(value).encode()}


def weights_as_pickle(parts, bomb):
    name = find(parts, "weight_0")
    parts = changed(
        parts,
        "model_weights_config.json",
        lambda config: [p.update(use_pickle=True) for p in config["config"].values()],
    )
    return {**parts, name: saved(bomb)}


def legacy_weights(parts, bomb):
    return {**parts, "archive/data/weights/model.pt": saved(bomb)}


def opaque_constant(parts, bomb):
    name = "archive/data/constants/opaque_obj_0"
    payload = {"path_name": "opaque_obj_0", "is_param": False, "use_pickle": True, "tensor_meta": None}
    parts = changed(parts, "model_constants_config.json", lambda config: config["config"].update(c=payload))
    return {**parts, name: pickle.dumps(bomb)}


def native_library(parts, bomb):
    return {**parts, "archive/data/aotinductor/model/x.so": b"\x7fELF"}


def expression(parts, bomb):
    call = f"__import__('pathlib').Path({bomb.trace!r}).touch()"

    def change(program):
        program["graph_module"]["graph"]["tensor_values"]["x"]["sizes"][0]["as_expr"]["expr_str"] = call

    return changed(parts, "models/model.json", change)


def attribute_expression(parts, bomb):
    def change(program):
        sizes = program["graph_module"]["graph"]["tensor_values"]["x"]["sizes"]
        sizes[0]["as_expr"]["expr_str"] = "Symbol('s77').__class__"

    return changed(parts, "models/model.json", change)


def operator(parts, bomb):
    def change(program):
        program["graph_module"]["graph"]["nodes"][0]["target"] = "torch.hub.load"

    return changed(parts, "models/model.json", change)


def file_operator(parts, bomb):
    def change(program):
        program["graph_module"]["graph"]["nodes"][0]["target"] = "torch.ops.aten.from_file.default"

    return changed(parts, "models/model.json", change)


def container(parts, bomb):
    def change(program):
        for call in program["graph_module"]["module_call_graph"]:
            if call["signature"]:
                call["signature"]["in_spec"] = (
                    '[1, {"type": "collections.defaultdict", "context": "x", "children_spec": []}]'
                )

    return changed(parts, "models/model.json", change)


def constraint(parts, bomb):
    return changed(
        parts,
        "models/model.json",
        lambda program: program["range_constraints"].update({"exit()": {"min_val": 0, "max_val": 1}}),
    )


def second_program(parts, bomb):
    return {**parts, "archive/models/other.json": b"{}"}


@pytest.mark.parametrize(
    "smuggle",
    [
        weights_as_pickle,
        legacy_weights,
        opaque_constant,
        native_library,
        expression,
        attribute_expression,
        operator,
        file_operator,
        container,
        constraint,
        second_program,
    ],
)
def test_what_torch_export_would_run_is_refused(folder, tmp_path, bomb, smuggle):
    """Whatever torch.export would unpickle, evaluate, import or call is refused before torch sees the file."""
    path = packed(tmp_path / "model.pt2", smuggle(parts_of(folder / "net.pt2"), bomb))
    with pytest.raises(UnsafeError, match="loading that can run code") as caught:
        load_model(path, FEATURES)
    assert caught.value.exit_code == 3


def test_sample_inputs_and_guards_are_left_out(folder, tmp_path, bomb, expected):
    """Pickled sample inputs and guards written as code are left out, and the model predicts the same without them."""
    parts = parts_of(folder / "net.pt2")
    parts[find(parts, "sample_inputs/model.pt")] = saved(((bomb,), {}))
    parts = changed(
        parts,
        "models/model.json",
        lambda p: p.update(guards_code=[f"__import__('pathlib').Path({bomb.trace!r}).touch()"]),
    )
    screened = screen_export(parts, "model.pt2")
    assert screened[find(screened, "sample_inputs/model.pt")] == b""
    assert json.loads(screened[find(screened, "models/model.json")])["guards_code"] == []
    model = load_model(packed(tmp_path / "model.pt2", parts), FEATURES, task="binary")
    np.testing.assert_allclose(model.predict(BATCH), expected, atol=1e-6)


def test_two_parts_of_one_name_are_refused(folder, tmp_path):
    """An archive in which a name stands twice could show one part to the screen and another to torch."""
    parts = parts_of(folder / "net.pt2")
    path = packed(tmp_path / "model.pt2", parts)
    with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # zipfile says so itself
        archive.writestr(find(parts, "models/model.json"), b"{}")
    with pytest.raises(UnsafeError, match="two parts of the archive have the same name"):
        load_model(path, FEATURES)


@pytest.mark.parametrize(
    "call",
    ['torch.save(x, "/tmp/x")', 'torch.from_file("/tmp/x", True, 9)', "ops.evil.run(x)", "__torch__.torch.classes.a.B"],
)
def test_a_script_that_touches_files_or_extensions_is_refused(folder, tmp_path, call):
    """A TorchScript program that names files or native extensions is refused before torch sees it."""
    parts = parts_of(folder / "net.ts")
    name = next(part for part in parts if "/code/" in part and part.endswith(".py"))
    parts[name] += f"\n    {call}\n".encode()
    with pytest.raises(UnsafeError, match="reads or writes files"):
        load_model(packed(tmp_path / "model.ts", parts), FEATURES)


@pytest.mark.parametrize("name", ["net.pt2", "net.ts", "net.pt"])
@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_file_that_is_cut_off_is_refused(folder, tmp_path, name, kept):
    """A torch file that is cut off is an error of the file."""
    raw = (folder / name).read_bytes()
    (tmp_path / name).write_bytes(raw[: int(len(raw) * kept)])
    with pytest.raises(SourceError, match="damaged or cut off"):
        load_model(tmp_path / name, FEATURES, base=folder, **(STATE if name == "net.pt" else {}))


def test_an_archive_of_something_else_is_refused(tmp_path):
    """A zip archive that is not a torch file is refused."""
    with pytest.raises(SourceError, match="not a torch file"):
        load_model(packed(tmp_path / "model.pt", {"a/b.txt": b"x"}), FEATURES)


def on_a_gpu(raw):
    """The file as a machine with a GPU writes it: the same weights, on another device."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename.endswith(".pkl"):
                content = content.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0")
            if part.filename.endswith(".json"):
                content = content.replace(b'{"type": "cpu", "index": null}', b'{"type": "cuda", "index": 0}')
            new.writestr(zipfile.ZipInfo(part.filename), content)
    assert out.getvalue() != raw
    assert b"cuda" in out.getvalue()
    return out.getvalue()


@pytest.mark.parametrize(("name", "said"), [("net.pt2", {}), ("net.ts", {}), ("net.pt", STATE)])
def test_a_checkpoint_that_was_saved_on_a_gpu_is_read_on_the_cpu(folder, expected, name, said):
    raw = on_a_gpu((folder / name).read_bytes())
    model = load_model(folder / name, FEATURES, task="binary", favourable="1", base=folder, raw=raw, **said)
    np.testing.assert_allclose(model.predict(BATCH), expected, atol=1e-6)


def test_a_program_that_itself_asks_for_a_gpu_says_where_to_export_it_again(tmp_path):
    class OnGpu(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.to("cuda:0").sum(dim=1)

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.* is deprecated", category=DeprecationWarning)
        torch.jit.save(torch.jit.script(OnGpu()), tmp_path / "net.ts")
    model = load_model(tmp_path / "net.ts", FEATURES, task="regression", where="net.ts")
    with pytest.raises(SourceError, match=r'net\.ts: the program itself asks for a GPU.*model\.to\("cpu"\)'):
        model.predict(BATCH)


def test_an_image_of_another_size_names_the_columns_that_it_was_given(tmp_path):
    """A network of images of 4 by 4 pixels is given 3 columns."""

    class Image(torch.nn.Module):
        def forward(self, rows):
            return rows.reshape(-1, 1, 4, 4).mean(dim=(1, 2, 3))

    program = torch.export.export(Image(), (torch.zeros(2, 16),), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
    torch.export.save(program, tmp_path / "image.pt2")
    model = load_model(tmp_path / "image.pt2", FEATURES, task="regression", where="image.pt2")
    with pytest.raises(
        SourceError, match=r"image\.pt2: .*cannot predict.*\(rows, 3\).*one column for each pixel of the size"
    ):
        model.predict(BATCH)
