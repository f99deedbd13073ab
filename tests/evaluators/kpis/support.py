"""Dossiers and runs of a small house, as the evaluator counts them."""

from functools import cache

from tests.kind_folders import facts, work
from tests.strategies import good_case, good_record

from cardwright.dossier import contents
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.kpis import Kpis
from cardwright.files import kinds
from cardwright.policy.gate import decide
from cardwright.record.case import Case
from cardwright.record.claim import SignOff
from cardwright.record.counted_dossier import CountedDossier
from cardwright.record.evaluation import Coverage, Evaluation, Input, NotTested
from cardwright.record.kind import RecordLink
from cardwright.record.measurement import Interval, Measured
from cardwright.record.provenance import DatasetRef
from cardwright.record.record import Record
from cardwright.record.run import Run, RunMetric, config_sha256
from cardwright.sources.interface import Dossiers, TrackedRuns

MANIFEST = "f" * 64
PLANNED = {
    "question": "Does a second layer raise accuracy by 0.02?", "user_impact": "Fewer wrong answers.",
    "hypothesis": "It rises, since the first layer underfits.",
    "estimate": [
        {"what": "Training", "amount": "40 runs", "limit": "60 runs"}, {"what": "Compute", "amount": "6 CPU-hours", "limit": "10"},
        {"what": "People", "amount": "Little", "limit": "None"},
    ],
}  # fmt: skip


def sign_off(person, at, *, meaning="approval", decision="approve", id_="1", role="research_lead", **more):
    key = {"Ada": "a", "Ben": "b"}.get(person, "c") * 64
    return SignOff(
        id=id_ * 64, person=person, key=key, role=role, at=at, decision=decision, meaning=meaning, manifest_sha256=MANIFEST, **more
    )  # fmt: skip


def approved(at="2026-11-02T09:00:00Z"):
    """Its author's signature on a Friday, and somebody else's approval on the Monday after."""
    return (
        sign_off("Ada", "2026-10-30T09:00:00Z", meaning="authorship", id_="2", role="researcher"),
        sign_off("Ben", at, id_="3"),
    )


@cache
def definition(kind):
    return kinds.find(kind).definition


def written(kind="experiment_plan", *, name="note", about="loans", links=(), claims=(), **answers):
    """A work of a packaged kind."""
    said = {"decision": None, "harms": None, **answers}
    record = work(definition(kind), links, about, **said)
    return counted(renamed(record, name), claims=claims)


def renamed(record, name):
    """The record with another subject's name; a value that no file holds, so that its text need not follow."""
    return record.model_copy(update={"subject": record.subject.model_copy(update={"name": name})})


def counted(record, *, verdict=None, claims=(), finished=None, run=None, **more):
    made = run or facts(record)
    if finished is not None:
        made = made.model_copy(update={"started": finished, "finished": finished})
    return CountedDossier(
        record=record, verdict=verdict, run=made, claims=tuple(claims), manifest_sha256=MANIFEST, **more
    )


@cache
def verdicts():
    """An allowed and a refused verdict of the gate on the same record."""
    case, policy = good_case(), contents.policy_of("research")
    bad = Case(record=case.record)
    return decide(case, policy, "2026-11-20T09:00:00Z"), decide(
        bad, contents.policy_of("production"), "2026-11-20T09:00:00Z"
    )


def decided(name, allowed, at="2026-11-20T09:00:00Z"):
    """A model's dossier whose verdict says allowed or refused."""
    verdict = verdicts()[1].model_copy(update={"decision": "allowed" if allowed else "refused", "evaluated_at": at})
    return counted(renamed(good_record(), name), verdict=verdict)


def evaluation(evaluator, measurements=(), *, source="0" * 64, id_=None, parameters=None, severities=None, findings=()):
    return Evaluation(
        id=id_ or evaluator, evaluator=evaluator, evaluator_version="1",
        inputs=(Input(need="source", name="test", role="test", sha256=source),), parameters=parameters or {}, question="q",
        method="m", limits=("l",), measurements=tuple(measurements), findings=tuple(findings), severities=severities or {},
        coverage=Coverage(not_tested=(NotTested(what="a", why="b"),)), completeness="complete",
    )  # fmt: skip


def of_runs(gain=0.03, base=0.75, *, lower=0.02, upper=0.04, source="7" * 64, untraceable=0, costs=(10.0, 20.0)):
    """What `runs` says of a claim: its gain, its baseline's mean, and hours of both."""

    def number(metric, value, unit="value", interval=None, **slice_):
        return Measured(metric=metric, slice=slice_, value=value, unit=unit, direction="neither", interval=interval)

    return evaluation(
        "runs",
        [
            number("improvement", gain, "difference", Interval(level=0.95, lower=lower, upper=upper, method="student_t")),
            number("seed_mean", base, configuration="baseline"), number("untraceable_runs", float(untraceable), "count"),
            number("cost_gpu_hours", costs[0], "gpu_hours", configuration="claim"),
            number("cost_gpu_hours", costs[1], "gpu_hours", configuration="baseline"),
        ],
        source=source, parameters={"metric": "accuracy"},
    )  # fmt: skip


def with_evaluations(one: CountedDossier, *evaluations, **provenance) -> CountedDossier:
    """The dossier with other evaluations, made at a clean commit unless it is said otherwise."""
    made = one.record.provenance.model_copy(update={"commit": "abcdef1", "dirty": False, **provenance})
    record: Record = one.record.model_copy(update={"evaluations": evaluations, "provenance": made})
    return CountedDossier(**{**one.__dict__, "record": record})


def link(kind, role="error_analysis"):
    return RecordLink(role=role, kind=kind, name="other", version="1", record_sha256="e" * 64)


def run(
    id_, *, day="2026-11-03", purpose="candidate", status="finished", value=0.8, group="loans", config=None, **more
):
    settings = config if config is not None else {"layers": 2}
    return Run(
        **{
            "id": id_, "tool": "csv", "store_sha256": "0" * 64, "status": status, "purpose": purpose, "group": group,
            "started": f"{day}T10:00:00Z", "finished": f"{day}T11:00:00Z", "config": settings,
            "config_sha256": config_sha256(settings), "metrics": {} if value is None else {"accuracy": RunMetric(value=value)},
            "cost": {"seconds": 3600.0, "cpu_hours": 0.5}, **more,
        }
    )  # fmt: skip


def source(*dossiers, refused=(), believed=False):
    ref = DatasetRef(name="work", role="work", kind="dossiers", format="dossier", sha256="1" * 64)
    return Dossiers(ref, tuple(dossiers), tuple(refused), believed)


def tracked(*runs):
    ref = DatasetRef(name="runs", role="runs", kind="runs", format="csv", sha256="2" * 64)
    return TrackedRuns(ref, lambda: iter(runs))


def look(*dossiers, runs=None, refused=(), **parameters):
    sources = {"source": source(*dossiers, refused=refused), **({"runs": tracked(*runs)} if runs is not None else {})}
    return Kpis(**parameters).evaluate(Inputs(id="kpis", sources=sources, parameters=parameters))


def one(evaluation_, metric, **slice_):
    (found,) = evaluation_.find(metric, slice=slice_)
    return found


def table(evaluation_, name):
    return next((one for one in evaluation_.tables if one.id == name), None)


def rows(evaluation_, name):
    found = table(evaluation_, name)
    columns = [column.name for column in found.columns] if found else []
    return [dict(zip(columns, row, strict=True)) for row in (found.rows if found else ())]
