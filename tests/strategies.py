"""Hypothesis strategies for every value of a record. They grow with the values."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

from cardwright.record import (
    Answer,
    Attest,
    Binding,
    Case,
    Column,
    Context,
    Coverage,
    DatasetRef,
    Details,
    Evaluation,
    ExpectedGroups,
    FileDigest,
    Finding,
    Groups,
    Input,
    Interval,
    Measured,
    NotEvaluated,
    NotTested,
    PlanLock,
    Planned,
    Preregister,
    Provenance,
    Record,
    Resolution,
    RunFacts,
    Sampling,
    Scanned,
    SignOff,
    Subject,
    Test,
    Unmeasured,
    Waive,
    WaiveRequest,
)
from cardwright.record.evaluation import count_severities

sha256s = st.text("0123456789abcdef", min_size=64, max_size=64)
numbers = st.floats(allow_nan=False, allow_infinity=False)
rates = st.floats(0, 1)
counts = st.integers(0, 10_000)
identifiers = st.from_regex(r"[a-z][a-z0-9_-]{0,12}", fullmatch=True)
labels = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=12)
texts = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs", "Sm")), max_size=60)
slices = st.dictionaries(labels, st.none() | labels, max_size=2)
days = st.dates().map(lambda d: f"{d.year:04d}-{d.month:02d}-{d.day:02d}")


@st.composite
def intervals(draw, around=None):
    low, high = sorted((draw(rates), draw(rates)))
    if around is not None:
        low, high = min(low, around), max(high, around)
    return Interval(level=0.95, lower=low, upper=high, method="wilson")


samplings = st.builds(
    Sampling,
    unit=labels,
    units=counts,
    observations=counts,
    cluster=st.none() | labels,
    effective_n=st.none() | numbers,
    design=st.sampled_from(["census", "random", "unstated"]),
)
tests = st.builds(Test, p_value=rates, method=st.just("permutation"), adjusted_p_value=st.none() | rates)
resolutions = st.builds(Resolution, detectable=st.none() | rates, needed=st.none() | counts)


@st.composite
def groups(draw):
    expected = draw(st.integers(0, 6))
    rows = draw(counts)
    return Groups(
        compared=draw(st.integers(0, expected)), expected=expected, unknown=draw(st.integers(0, rows)), rows=rows
    )


keys = {
    "metric": st.sampled_from(["selection_rate", "roc_auc", "equalized_odds_difference", "pii_row_rate"]),
    "slice": slices,
    "across": st.lists(labels, max_size=2, unique=True).map(tuple),
    "given": st.just(()),
    "of_class": st.none() | labels,
    "at": st.none() | st.just({"threshold": 0.5}),
}


@st.composite
def measured(draw):
    value = draw(numbers)
    return Measured(
        value=value,
        unit="proportion",
        direction=draw(st.sampled_from(["higher_is_better", "lower_is_better", "neither"])),
        interval=draw(st.none() | intervals()),
        sampling=draw(st.none() | samplings),
        numerator=draw(st.none() | numbers),
        denominator=draw(st.none() | numbers),
        test=draw(st.none() | tests),
        groups=draw(st.none() | groups()),
        resolution=draw(st.none() | resolutions),
        **{name: draw(strategy) for name, strategy in keys.items()},
    )


unmeasured = st.builds(
    Unmeasured,
    code=st.sampled_from(["too_few_samples", "undefined", "not_applicable", "error"]),
    reason=texts,
    denominator=st.none() | numbers,
    **keys,
)
measurements = st.lists(measured() | unmeasured, max_size=6, unique_by=lambda m: m.key).map(tuple)
findings = st.builds(
    Finding,
    severity=st.sampled_from(["info", "low", "medium", "high", "critical"]),
    key=identifiers,
    explanation=texts,
    count=st.none() | counts,
)


@st.composite
def evaluations(draw, id=None):
    found = draw(st.lists(findings, max_size=3).map(tuple))
    return Evaluation(
        id=id or draw(identifiers),
        evaluator=draw(identifiers),
        evaluator_version="1.0",
        inputs=(Input(need="source", name="test", role="test", sha256="0" * 64, rows=draw(st.none() | counts)),),
        parameters=draw(
            st.dictionaries(identifiers, st.none() | st.booleans() | st.integers(-5, 5) | texts, max_size=2)
        ),
        binding=draw(st.none() | st.just(Binding(kind="supplied"))),
        question=draw(texts),
        method=draw(texts),
        limits=draw(st.lists(texts, max_size=2).map(tuple)),
        measurements=draw(measurements),
        findings=found,
        severities=count_severities(found),
        coverage=Coverage(
            scanned=(Scanned(what="rows", scanned=1, total=2),), not_tested=(NotTested(what="a", why="b"),)
        ),
        completeness=draw(st.sampled_from(["complete", "sampled", "partial", "truncated"])),
        not_applicable=draw(st.none() | texts),
    )


subjects = st.builds(
    Subject,
    kind=st.sampled_from(["model", "dataset", "system"]),
    name=identifiers,
    version=labels,
    summary=st.none() | texts,
    files=st.just((FileDigest(path="model.skops", sha256="a" * 64, size=3),)),
)
contexts = st.builds(
    Context,
    task=st.none() | identifiers,
    risk_tier=st.none() | st.sampled_from(["low", "high"]),
    production_intended=st.none() | st.booleans(),
)


@st.composite
def records(draw):
    ids = draw(st.lists(identifiers, min_size=1, max_size=3, unique=True))
    split = draw(st.integers(0, len(ids)))
    return Record(
        title=draw(texts),
        subject=draw(subjects),
        context=draw(contexts),
        provenance=Provenance(
            run_id="r1",
            commit=draw(st.none() | labels),
            dirty=draw(st.none() | st.booleans()),
            plan_sha256="b" * 64,
            datasets=(
                DatasetRef(
                    name="test",
                    role="test",
                    kind="predictions",
                    format="csv",
                    sha256="0" * 64,
                    rows=3,
                    columns=(Column(name=draw(labels), type="int64"),),
                ),
            ),
            seed=0,
            packages={"numpy": "2.4"},
            tool="cardwright 0.1.0",
        ),
        planned=tuple(
            Planned(
                id=id,
                evaluator="fairness",
                inputs={"source": "test"},
                roles={"source": "test"},
                groups=(ExpectedGroups(attribute="sex", groups=("f", "m"), declared=True),),
            )
            for id in ids
        ),
        evaluations=tuple(draw(evaluations(id=id)) for id in ids[:split]),
        not_evaluated=tuple(NotEvaluated(id=id, code="missing", reason="r", remedy="d") for id in ids[split:]),
        details=Details(
            answers={
                "summary": Answer(text=draw(texts.filter(str.strip)), stated_by="A", stated_on="2026-11-23"),
                "owners": Answer(
                    entries=({"name": draw(labels), "role": "r", "contact": "c"},),
                    stated_by="A",
                    stated_on="2026-11-23",
                ),
            }
        ),
    )


# ------------------------------------------------------------------------- cases that a policy can allow

FEW = settings(max_examples=max(settings().max_examples // 4, 10))
"""For properties whose every example is a whole evaluation: a quarter of what the profile asks for."""

NOW = "2026-11-23T12:00:00Z"
RACES = ("a", "b", "c")


def gap(metric, value, low, high, *, compared=3, unknown=0, across=("race",)):
    return Measured(
        metric=metric,
        across=across,
        value=value,
        unit="difference",
        direction="lower_is_better",
        interval=Interval(level=0.95, lower=low, upper=high, method="tukey_kramer"),
        groups=Groups(compared=compared, expected=3, unknown=unknown, rows=1000),
    )


def good_record() -> Record:
    """A record that passes the policy of `tests/policy/test_gate.py`."""
    rates = tuple(
        Measured(
            metric="true_positive_rate",
            slice={"race": race},
            value=0.8,
            unit="proportion",
            direction="higher_is_better",
            interval=Interval(level=0.95, lower=0.7, upper=0.9, method="wilson"),
            numerator=80,
            denominator=100,
        )
        for race in RACES
    )
    fairness = Evaluation(
        id="fairness",
        evaluator="fairness",
        evaluator_version="1",
        inputs=(Input(need="source", name="test", role="test", sha256="0" * 64, rows=1000),),
        parameters={},
        binding=Binding(kind="recomputed", agreed=1000, compared=1000, tolerance=1e-6, model_sha256="a" * 64),
        question="q",
        method="m",
        limits=("l",),
        measurements=(*rates, gap("demographic_parity_difference", 0.05, 0.0, 0.09)),
        findings=(Finding(severity="low", key="small", explanation="e"),),
        severities={"low": 1},
        coverage=Coverage(not_tested=(NotTested(what="a", why="b"),)),
        completeness="complete",
    )
    pii = fairness.model_copy(
        update={
            "id": "pii",
            "evaluator": "pii",
            "measurements": (Unmeasured(metric="pii_row_rate", code="not_applicable", reason="no text column"),),
            "findings": (),
            "severities": {},
            "not_applicable": "the table has no text column",
            "binding": None,
        }
    )
    planned = tuple(
        Planned(
            id=id,
            evaluator=id,
            inputs={"source": "test"},
            roles={"source": "test"},
            groups=(ExpectedGroups(attribute="race", groups=RACES, declared=True),),
        )
        for id in ("fairness", "pii")
    )
    subject = Subject(
        kind="model", name="m", version="1", files=(FileDigest(path="model.skops", sha256="a" * 64, size=3),)
    )
    lock = PlanLock(
        title="M",
        subject=subject,
        context=Context(production_intended=False),
        planned=planned,
        sources={},
        seed=0,
        policy="p",
        policy_sha256=None,
        author="E",
    )
    return Record(
        title="M",
        subject=subject,
        context=lock.context,
        provenance=Provenance(
            run_id="r",
            author="E",
            commit="c" * 40,
            dirty=False,
            plan_sha256=lock.sha256,
            datasets=(
                DatasetRef(name="test", role="test", kind="predictions", format="csv", sha256="0" * 64, rows=1000),
            ),
            seed=0,
            packages={},
            tool="cardwright",
        ),
        planned=planned,
        evaluations=(fairness, pii),
        details=Details(
            answers={
                "summary": Answer(text="Scores applications.", stated_by="A", stated_on="2026-11-23"),
                "intended_use": Answer(text="Orders the queue.", stated_by="A", stated_on="2026-11-23"),
            }
        ),
    )


def good_case() -> Case:
    """A case that is allowed."""
    record = good_record()
    return Case(
        record=record,
        plan=PlanLock(
            title="M",
            subject=record.subject,
            context=record.context,
            planned=record.planned,
            sources={},
            seed=0,
            policy="p",
            author="E",
        ),
        run=RunFacts(
            run_id="r",
            record_sha256=record.sha256,
            started="2026-11-20T00:00:00Z",
            finished="2026-11-20T00:01:00Z",
            seconds={},
            platform="p",
            python="3.11",
        ),
        claims=(
            Attest(
                id="1" * 64,
                person="A",
                key="2" * 64,
                role="risk",
                at="2026-11-21T00:00:00Z",
                checklist="rai",
                item="one",
                answer="met",
                statement="s",
                record_sha256=record.sha256,
            ),
            Preregister(
                id="3" * 64,
                person="B",
                key="4" * 64,
                role="risk",
                at="2026-11-19T00:00:00Z",
                plan_sha256=record.provenance.plan_sha256,
            ),
            SignOff(
                id="5" * 64,
                person="C",
                key="6" * 64,
                role="owner",
                at="2026-11-22T00:00:00Z",
                decision="approve",
                meaning="approval",
                manifest_sha256="7" * 64,
            ),
            Preregister(
                id="b" * 64,
                person="E",
                key="c" * 64,
                role="author",
                at="2026-11-19T00:00:00Z",
                meaning="authorship",
                plan_sha256=record.provenance.plan_sha256,
            ),
        ),
        artefacts={"model.skops": "a" * 64},
        manifest_sha256="7" * 64,
    )


def waiver(
    record: Record, policy: str, requirement: str, outcome: str, *, id="8", **more
) -> tuple[WaiveRequest, Waive]:
    """A request by A and its valid approval by D."""
    terms = {
        "requirement": requirement,
        "outcome": outcome,
        "reason": "r",
        "controls": "c",
        "expires": "2026-12-20",
        "record_sha256": record.sha256,
        "policy_sha256": policy,
        **{key: value for key, value in more.items() if key in ("bound", "expires", "plan_sha256", "record_sha256")},
    }
    request = WaiveRequest(id=id * 63 + "d", person="A", key="2" * 64, role="owner", at="2026-11-21T00:00:00Z", **terms)
    approval = Waive(
        id=id * 64, person="D", key="9" * 64, role="risk_head", at="2026-11-22T00:00:00Z", request=request.id, **terms
    )
    return request, approval
