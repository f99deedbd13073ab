"""One answer to which code made a number: a stranger's evaluator is in provenance, and its upgrade is not overlooked."""

from __future__ import annotations

import hashlib
import platform
import sys

import pytest

pytest.importorskip("pyarrow", reason="sources need the tabular extra")

from tests.small_plan import write_plan

from cardwright import handoff
from cardwright.dossier.contents import policy_of
from cardwright.evaluators import registry
from cardwright.plan.assessment import load
from cardwright.run import packages, reuse

MODULE = """\
from cardwright.evaluators.interface import Need
from cardwright.record import Coverage, Evaluation, Measured, NotTested, Scanned
from cardwright.sources.interface import Predictions


class Rows:
    name = "row_count"
    version = "1"
    needs = (Need("source", (Predictions,), "The rows to count."),)
    extra = "tabular"

    def evaluate(self, inputs):
        rows = inputs.get("source", Predictions).ref.rows
        return Evaluation(
            id=inputs.id, evaluator=self.name, evaluator_version=self.version, inputs=inputs.recorded(),
            parameters=dict(inputs.parameters), binding=inputs.binding, question="How many rows?", method="Counted.",
            limits=(), measurements=(Measured(metric="rows", value=float(rows + ADDED), unit="count", direction="neither"),),
            findings=(), severities={}, completeness="complete",
            coverage=Coverage(scanned=(Scanned(what="rows", scanned=rows, total=rows),), not_tested=()),
        )


ADDED = 0
"""
PLAN = """\
schema: cardwright/assessment/1
subject: {kind: model, name: loans, version: 1.0.0, files: [model.bin]}
details: details.yaml
sources:
  test: {predictions: data.csv, label: approved, score: p, threshold: 0.5, favourable: 1, sensitive: [sex], unit: application}
evaluate:
  - row_count: {source: test}
policy: research
"""


def forget():
    """Whatever this process remembers of the stranger."""
    registry.available.cache_clear()
    sys.modules.pop("stranger_rows", None)


def install(site, name, version, *, module="", source="", requires=(), evaluators=()):
    """A distribution as an installer leaves it: modules, and metadata with a list of files."""
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    for old in site.glob(f"{name.replace('-', '_')}-*.dist-info"):
        for path in old.iterdir():
            path.unlink()
        old.rmdir()
    info.mkdir(parents=True)
    lines = [
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        *(f"Requires-Dist: {one}\n" for one in requires),
    ]
    (info / "METADATA").write_text("".join(lines))
    if evaluators:
        (info / "entry_points.txt").write_text("[cardwright.evaluators]\n" + "\n".join(evaluators) + "\n")
    record = [f"{info.name}/METADATA,,", f"{info.name}/RECORD,,", "../../bin/stranger,,"]
    if module:
        (site / f"{module}.py").write_text(source)
        record += [f"{module}.py,sha256=stale,1", f"__pycache__/{module}.cpython-311.pyc,,"]
    (info / "RECORD").write_text("\n".join(record) + "\n")


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder of installed packages with a stranger's evaluator in it, and what that requires."""
    folder = tmp_path / "site"
    folder.mkdir()
    install(folder, "tiny-counts", "3.1", requires=["tiny-ground"])
    install(folder, "tiny-ground", "0.4")
    stranger(folder, "1.0")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    forget()
    yield folder
    forget()


def stranger(site, version, source=MODULE):
    requires = ["tiny-counts[fast]>=3", 'not-here; extra == "more"', 'tiny-never; python_version < "3"']
    install(site, "stranger-rows", version, module="stranger_rows", source=source, requires=requires,
            evaluators=["row_count = stranger_rows:Rows"])  # fmt: skip
    forget()


@pytest.fixture
def folder(tmp_path):
    plan = tmp_path / "plan"
    plan.mkdir()
    return write_plan(plan, PLAN)


def run(folder, previous=None):
    before = reuse.Previous(record=previous.record, plan=previous.plan, run=previous.run) if previous else None
    case = handoff.gather(load(folder), policy_of("research"), now="2026-11-20T08:00:00Z", workers=1, previous=before)
    assert not case.record.not_evaluated
    return case


def was_reused(case):
    return [one.reused_from is not None for one in case.record.evaluations] == [True]


def test_a_strangers_evaluator_is_in_provenance_with_the_digest_of_its_files(site, folder):
    code = {one.name: one for one in run(folder).record.provenance.code}
    assert set(code) == {"cardwright", "stranger-rows"}
    file = hashlib.sha256(MODULE.encode()).hexdigest()
    expected = hashlib.sha256(f'{{"stranger_rows.py":"{file}"}}'.encode()).hexdigest()
    assert (code["stranger-rows"].version, code["stranger-rows"].sha256) == ("1.0", expected)
    assert code["stranger-rows"].evaluators == ("row_count",)
    assert "fairness" in code["cardwright"].evaluators


def test_what_an_evaluator_requires_is_in_provenance_and_what_it_does_not_is_not(site, folder):
    versions = run(folder).record.provenance.packages
    assert {name: versions[name] for name in ("python", "stranger-rows", "tiny-counts", "tiny-ground")} == {
        "python": platform.python_version(), "stranger-rows": "1.0", "tiny-counts": "3.1", "tiny-ground": "0.4",
    }  # fmt: skip
    assert not {"not-here", "tiny-never", "cardwright", "weasyprint"} & set(versions)


def test_an_evaluator_of_ours_rests_on_its_extra_and_not_on_what_renders(site):
    versions = packages.packages_of("fairness")
    assert {"python", "numpy", "pyarrow"} <= set(versions)
    assert not {"stranger-rows", "weasyprint", "typer"} & set(versions)


def test_nothing_changed_is_not_run_again(site, folder):
    first = run(folder)
    assert was_reused(run(folder, previous=first))


def test_an_upgraded_evaluator_is_run_again(site, folder):
    first = run(folder)
    stranger(site, "1.1", MODULE.replace("ADDED = 0", "ADDED = 5"))
    second = run(folder, previous=first)
    assert not was_reused(second)
    before, after = (one.record.evaluations[0].measurements[0].value for one in (first, second))
    assert after == before + 5


def test_code_that_changed_under_the_same_version_is_run_again(site, folder):
    first = run(folder)
    stranger(site, "1.0", MODULE.replace("ADDED = 0", "ADDED = 7"))
    assert not was_reused(run(folder, previous=first))


def test_an_upgraded_requirement_of_a_requirement_runs_it_again(site, folder):
    first = run(folder)
    install(site, "tiny-ground", "0.5")
    forget()
    assert not was_reused(run(folder, previous=first))


def test_a_release_from_before_code_was_recorded_is_run_again(site, folder):
    first = run(folder)
    provenance = first.record.provenance.model_copy(update={"code": ()})
    record = first.record.model_copy(update={"provenance": provenance})
    facts = first.run.model_copy(update={"record_sha256": record.sha256})
    before = reuse.Previous(record=record, plan=first.plan, run=facts)
    case = handoff.gather(load(folder), policy_of("research"), now="2026-11-20T08:00:00Z", workers=1, previous=before)
    assert not was_reused(case)
