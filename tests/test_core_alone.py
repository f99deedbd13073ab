"""The core works with no machine-learning library installed, and imports none where they are."""

import subprocess
import sys

import pytest

HEAVY = (
    "torch", "shap", "captum", "fairlearn", "presidio_analyzer", "sklearn", "pandas", "matplotlib", "numpy", "scipy", "pyarrow",
    "duckdb", "spacy",
)  # fmt: skip


def imported_by(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(' '.join(sorted(set(sys.modules) & set({HEAVY!r}))))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split("\n")[-2].split())


@pytest.mark.parametrize(
    "code",
    [
        "import cardwright",
        "import cardwright.cli.main",
        "import cardwright.policy.gate, cardwright.dossier.contents, cardwright.dossier.store",
        "import cardwright.documents",
        "import cardwright.record",
        "from cardwright.evaluators import registry; registry.available()",
    ],
)
def test_importing_the_core_imports_no_heavy_library(code):
    assert imported_by(code) == set()


def run_cli(*words: str) -> str:
    return f"""
import sys
sys.argv = ["cardwright", *{list(words)!r}]
from cardwright.cli.main import main
try:
    main()
except SystemExit:
    pass
"""


def dossier(folder) -> str:
    """A small dossier, made from the core's own values."""
    from tests.strategies import good_case

    from cardwright.dossier import layout, store

    case = good_case()
    files = {
        layout.RECORD: layout.to_json(case.record),
        layout.PLAN: layout.to_json(case.plan),
        layout.RUN: layout.to_json(case.run),
    }
    store.write_dossier(folder, {**files, layout.MANIFEST: layout.to_json(layout.manifest_of(files))})
    return str(folder)


def test_help_imports_no_heavy_library():
    assert imported_by(run_cli("--help")) == set()


def test_gate_imports_no_heavy_library(tmp_path):
    assert imported_by(run_cli("gate", dossier(tmp_path / "d"), "--policy", "production")) == set()


@pytest.mark.parametrize("format", ["markdown", "html", "pdf"])
def test_render_imports_no_heavy_library(tmp_path, format):
    out = tmp_path / f"card.{format}"
    words = ["render", dossier(tmp_path / "d"), "--document", "model_card", "--format", format, "-o", str(out)]
    assert imported_by(run_cli(*words)) == set()
    assert out.stat().st_size > 1000


def test_a_run_without_the_libraries_says_what_to_install(tmp_path):
    """Where pyarrow is installed this shows nothing new; CI runs it with the core alone."""
    import importlib.util

    if importlib.util.find_spec("pyarrow") is not None:
        return
    (tmp_path / "a.csv").write_text("y,p\n1,0.5\n")
    (tmp_path / "assessment.yaml").write_text(
        "schema: cardwright/assessment/1\nsubject: {kind: model, name: m, version: '1', files: [a.csv]}\n"
        "sources: {test: {predictions: a.csv, label: y, score: p, favourable: 1}}\n"
        "evaluate: [{performance: {source: test}}]\n"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "cardwright.cli.main",
            "run",
            str(tmp_path / "assessment.yaml"),
            "-o",
            str(tmp_path / "out"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "pip install '.[tabular]'" in done.stdout
