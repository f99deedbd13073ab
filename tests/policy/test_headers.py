"""What the first lines of a packaged policy claim, the policy asks: each sentence has a case that violates it, and is refused for it.

A sentence that is added to a header, or changed, has no row in the table, and the test fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import pytest
from tests.policy.satisfying import approved, linked_work, of_record, referring, satisfying, signed
from tests.strategies import NOW

from cardwright.dossier.contents import policy_of
from cardwright.files import packaged
from cardwright.policy.gate import decide
from cardwright.policy.policy import Policy
from cardwright.policy.tightening import loosens
from cardwright.record import Binding, Case, Finding, Record, SignOff
from cardwright.record.claim import Attest, Preregister, Waive, WaiveRequest
from cardwright.record.evaluation import count_severities
from cardwright.record.verdict import Verdict

POLICIES = sorted(name for name in packaged.names("policies") if not policy_of(name).documents)
"""Those of kinds of documents are held to what they ask in `tests/policy/test_kind_policies.py`."""
Change = Callable[[Case], Case]


def sentences(name: str) -> list[str]:
    """The sentences of a policy's header."""
    lines = []
    for line in packaged.read("policies", name)[0].decode("utf-8").splitlines():
        if not line.startswith("# "):
            break
        lines.append(line[2:])
    return re.split(r"(?<=\.) ", " ".join(lines))


@cache
def good(name: str) -> Case:
    return satisfying(policy_of(name))


def verdict_on(name: str, change: Change | None = None, *, after: Change | None = None) -> Verdict:
    policy = policy_of(name)
    case = signed(change(good(name)) if change is not None else good(name), policy)
    return decide(after(case) if after is not None else case, policy, NOW)


# ------------------------------------------------------------------------------------------------ what makes a case worse


def of(case: Case, **update) -> Case:
    """The case of a record that is changed, planned and run anew."""
    return replace(of_record(case.record.model_copy(update=update)), linked=case.linked)


def without(evaluator: str) -> Change:
    """Nobody evaluated it, and nobody planned to."""

    def change(case: Case) -> Case:
        record = case.record
        return of(
            case,
            planned=tuple(p for p in record.planned if p.evaluator != evaluator),
            evaluations=tuple(e for e in record.evaluations if e.evaluator != evaluator),
        )

    return change


def evaluated(evaluator: str, **update) -> Change:
    """An evaluation that is another one."""

    def change(case: Case) -> Case:
        found = tuple(
            e.model_copy(update={k: v(e) if callable(v) else v for k, v in update.items()})
            if e.evaluator == evaluator
            else e
            for e in case.record.evaluations
        )
        return of(case, evaluations=found)

    return change


def number(evaluator: str, metric: str, value: float, **update) -> Change:
    """A number with a narrow interval about another value."""

    def measurements(e):
        return tuple(
            m.model_copy(
                update={
                    "value": value,
                    "interval": m.interval.model_copy(update={"lower": value - 1e-4, "upper": value + 1e-4}),
                    **update,
                }
            )
            if m.metric == metric
            else m
            for m in e.measurements
        )

    return evaluated(evaluator, measurements=measurements)


def found(evaluator: str, severity: str) -> Change:
    """A finding of a severity."""
    findings = (Finding(severity=severity, key="seen", explanation="Look at it."),)
    return evaluated(evaluator, findings=findings, severities=count_severities(findings))


def silent(field: str) -> Change:
    """Nobody said a field of the details."""

    def change(case: Case) -> Case:
        answers = {k: v for k, v in case.record.details.answers.items() if k != field}
        return of(case, details=case.record.details.model_copy(update={"answers": answers}))

    return change


def old(days: int) -> Change:
    """Evidence of so many days ago, and more."""
    from datetime import date, timedelta

    then = date.fromisoformat(NOW[:10]) - timedelta(days=days + 1)
    times = {"started": f"{then.isoformat()}T00:00:00Z", "finished": f"{then.isoformat()}T00:01:00Z"}
    return lambda case: replace(of_record(case.record, **times), linked=case.linked)


def unsigned(kind: type, **terms) -> Change:
    """Nobody signed it."""

    def change(case: Case) -> Case:
        return replace(
            case,
            claims=tuple(
                c
                for c in case.claims
                if not (isinstance(c, kind) and all(getattr(c, name) == value for name, value in terms.items()))
            ),
        )

    return change


def one_person(case: Case) -> Case:
    """One person has signed everything but the plan as its author."""
    return replace(
        case,
        claims=tuple(
            c
            if getattr(c, "meaning", None) == "authorship"
            else c.model_copy(update={"person": "Zoe", "key": "f" * 64})
            for c in case.claims
        ),
    )


def other_file(case: Case) -> Case:
    """The file at hand has other bytes."""
    return replace(case, artefacts=dict.fromkeys(case.artefacts, "b" * 64))


def same_signer(*roles: str) -> Change:
    """One person has signed in all of these roles."""

    def change(case: Case) -> Case:
        return replace(
            case,
            claims=tuple(
                c.model_copy(update={"person": "Zoe", "key": "f" * 64})
                if isinstance(c, SignOff) and c.role in roles
                else c
                for c in case.claims
            ),
        )

    return change


def stating(entries: int) -> Change:
    """So many risks are stated, and nobody accepts them."""

    def change(case: Case) -> Case:
        answers = dict(case.record.details.answers)
        risk = {**answers["risks"].entries[0], "accepted_by": "nobody yet"}
        answers["risks"] = answers["risks"].model_copy(
            update={"entries": tuple({**risk, "risk": f"Risk number {n} of the product"} for n in range(entries))}
        )
        return of(case, details=case.record.details.model_copy(update={"answers": answers}))

    return change


def waived(requirement: str, name: str = "regulated") -> Change:
    """Somebody asked to waive it, and somebody else in a role that may agreed."""

    def change(case: Case) -> Case:
        policy = policy_of(name)
        head = {"at": "2026-11-20T12:00:00Z", "record_sha256": case.record.sha256, "policy_sha256": policy.sha256}
        judged = next(o for o in decide(case, policy, NOW).outcomes if o.requirement == requirement)
        terms = {
            "requirement": requirement, "outcome": judged.status, "bound": 0.5, "reason": "The queue waits for it.", "controls": "Each case is read twice.",
            "expires": "2026-11-23",
        }  # fmt: skip
        asked = WaiveRequest(id="1" * 64, person="Oda", key="1" * 64, role="owner", **head, **terms)
        agreed = Waive(id="2" * 64, person="Pia", key="2" * 64, role="risk_head", request=asked.id, **head, **terms)
        return replace(case, claims=(asked, agreed, *case.claims))

    return change


def uncalibrated(e):
    return tuple(m.model_copy(update={"scorer": None}) for m in e.measurements)


def late_plan(case: Case) -> Case:
    """The plan was signed after it ran."""
    return replace(
        case,
        claims=tuple(
            c.model_copy(update={"at": "2026-11-22T00:00:00Z"}) if isinstance(c, Preregister) else c
            for c in case.claims
        ),
    )


# ------------------------------------------------------------------------------------------------ the table


@dataclass(frozen=True)
class Violation:
    """A case that violates a sentence, and what has to say so."""

    requirement: str
    change: Change | None = None
    after: Change | None = None
    """Applied to what was signed."""
    statuses: tuple[str, ...] = ("failed", "missing", "mismatched", "inconclusive", "stale")


@dataclass(frozen=True)
class Fact:
    """A sentence that says something of the policy itself."""

    holds: Callable[[Policy, Verdict], bool]


def V(requirement, change=None, *statuses, after=None):
    return Violation(requirement, change, after, statuses or Violation("").statuses)


def dated(policy: Policy, verdict: Verdict) -> bool:
    """Every limit says who set it and when, and the verdict prints it."""
    return all(o.set_by and o.set_on and o.origin for o in verdict.outcomes)


NO_LAW = Fact(lambda p, v: not any(o.origin == "law" and o.limit is not None for o in v.outcomes))
PROMISES = re.compile(r"\b(compl(y|ies|iant)|lawful|legal|satisf\w+)\b", re.IGNORECASE)
NO_ADVICE = Fact(lambda p, v: not any(PROMISES.search(f"{v.headline} {o.explanation}") for o in v.outcomes))
NOT_PRODUCTION = Fact(lambda p, v: v.headline.endswith("NOT FOR PRODUCTION") and not p.for_production)
TWO_PEOPLE = V("approval", None, "missing", "failed", after=one_person)
PLAN_FIRST = V("preregistered", None, "missing", after=late_plan)


def asks_all_that(weaker: str, policy: Policy) -> bool:
    """Whether a policy asks everything that another one asks, at least as strictly."""
    mine = {requirement.id: requirement for requirement in policy.requirements}
    return all(r.id in mine and loosens(mine[r.id], r) is None for r in policy_of(weaker).requirements)


def status_of(requirement: str, verdict: Verdict) -> str:
    return next(o.status for o in verdict.outcomes if o.requirement == requirement)


WORSE_SLICES = number("slices", "largest_slice_difference", 0.4)


def changed(record: Record):
    return record.provenance.model_copy(update={"dirty": True})


def denying(item: str) -> Change:
    """Whoever answered an item says now that it is not met."""

    def change(case: Case) -> Case:
        said = next(c for c in case.claims if isinstance(c, Attest) and c.item == item)
        return replace(case, claims=(*case.claims, said.model_copy(update={"id": "3" * 64, "answer": "not_met"})))

    return change


def documentation(**update) -> Change:
    """The document that it refers to is known otherwise."""
    return lambda case: replace(case, linked={digest: replace(one, **update) for digest, one in case.linked.items()})


def about(name: str) -> Change:
    """It refers to a document about something else."""

    def change(case: Case) -> Case:
        bare = of_record(case.record.model_copy(update={"links": ()}))
        return referring(bare, linked_work("model_risk_documentation", "model_risk", about=name))

    return change


def planned(**answers: object) -> Change:
    """It refers to an experiment plan with these answers."""
    return lambda case: referring(case, linked_work("experiment_plan", "research_lead", **answers), role="plan")


HEADERS: dict[str, dict[str, list[Violation | Fact]]] = {
    "assistant": {
        "What an assistant that answers in words must show before it is handed over.": [
            V("attack-success", without("safety"), "missing"),
            V("attack-success", number("safety", "attack_success_rate", 0.2), "failed"),
            V("personal-data", found("pii", "high"), "failed"),
            V("details", silent("monitoring"), "missing"),
            V("approval", None, "missing", after=unsigned(SignOff)),
            V("identity", None, "mismatched", after=other_file),
            V("fresh", old(60), "stale"),
        ],
        "Over-refusal passes only with a calibration of the refusal scorer on the same transcripts that somebody other than the "
        "plan's author drew and two other people labelled (`cardwright calibrate commit`, `nonce`, `label`).": [
            V("over-refusal", evaluated("safety", measurements=uncalibrated), "inconclusive"),
            V("over-refusal", evaluated("safety", calibrations=lambda _: ()), "inconclusive"),
            V("over-refusal", None, "inconclusive", after=lambda case: replace(case, samples={})),
        ],
        "Attack success is not calibrated, here or anywhere: it is what rules found that match planted secrets and markers, and "
        "a paraphrase or a translation escapes them.": [
            Fact(
                lambda p, v: (
                    next(o for o in v.outcomes if o.requirement == "attack-success").status == "passed"
                    and "attack_success_rate" not in CALIBRATED_METRICS
                )
            ),
        ],
    },
    "assistant_research": {
        "What a research result about an assistant must show.": [
            V("safety", without("safety"), "missing"),
            V("details", silent("limitations"), "missing"),
        ],
        "An allowance under it is not one for people to use it.": [NOT_PRODUCTION],
    },
    "assistant_high_risk": {
        "An assistant whose answers weigh heavily on people: what production asks, held tighter, with two people and a plan "
        "signed first.": [
            V("attack-success", number("safety", "attack_success_rate", 0.03), "failed"),
            V("over-refusal", evaluated("safety", measurements=uncalibrated), "inconclusive"),
            V("safety-findings", found("safety", "high"), "failed"),
            V("oversight", None, "missing", after=unsigned(Attest, item="recourse")),
            TWO_PEOPLE,
            V("responsibility", None, "missing", after=unsigned(SignOff, role="owner")),
            PLAN_FIRST,
        ],
    },
    "dataset": {
        "What a dataset must show before others train on it.": [
            V("profile", without("data_profile"), "missing"),
            V("duplicates", number("data_profile", "duplicate_row_rate", 0.2), "failed"),
            V("label-rates", without("fairness"), "missing"),
            V("personal-data", found("pii", "high"), "failed"),
            V("datasheet", silent("collection"), "missing"),
            V("identity", None, "mismatched", after=other_file),
            V("approval", None, "missing", after=unsigned(SignOff)),
        ],
    },
    "dataset_research": {
        "What a dataset must show before it is shared inside a research group.": [
            V("profile", without("data_profile"), "missing"),
            V("personal-data", without("pii"), "missing"),
            V("datasheet", silent("collection"), "missing"),
            NOT_PRODUCTION,
        ],
    },
    "dataset_high_risk": {
        "A dataset for models that weigh heavily on people: what the policy dataset asks, held tighter, with two people and a "
        "plan signed first.": [
            V("duplicates", number("data_profile", "duplicate_row_rate", 0.03), "failed"),
            V("re-identification", number("data_profile", "k_anonymity", 2), "failed"),
            V("personal-data", found("pii", "medium"), "failed"),
            V("consulted", None, "missing", after=unsigned(Attest, item="consulted")),
            TWO_PEOPLE,
            V("responsibility", None, "missing", after=unsigned(SignOff, role="data_owner")),
            PLAN_FIRST,
        ],
    },
    "employment_us": {
        "Selection for jobs in the United States: what the Uniform Guidelines look at, with its statistics.": [
            V("four-fifths", number("fairness", "demographic_parity_ratio", 0.7), "failed"),
            V("adverse-impact", found("fairness", "medium"), "failed"),
            V("impact-ratios", without("impact_ratio"), "missing"),
        ],
        "Thresholds are dated data.": [Fact(dated)],
        "A ratio under four fifths is evidence to be explained, not a finding of law; one above it is no safe harbour.": [
            NO_LAW,
            # Above four fifths, and yet refused where the difference is significant.
            V("adverse-impact", found("fairness", "medium"), "failed"),
        ],
        "Not legal advice.": [NO_ADVICE],
    },
    "high_risk": {
        "A model whose decisions weigh heavily on people: everything production asks, held tighter, with two people and a plan "
        "signed first.": [
            V("equalized-odds", number("fairness", "equalized_odds_difference", 0.15), "failed"),
            V("calibration", number("performance", "expected_calibration_error", 0.08), "failed"),
            V("ranking", number("performance", "roc_auc", 0.6), "failed"),
            V("slices", number("slices", "largest_slice_difference", 0.4), "failed"),
            V("robustness", number("robustness", "largest_balanced_accuracy_drop", 0.2), "failed"),
            V("overlap", found("overlap", "medium"), "failed"),
            V("seed-stability", without("seeds"), "missing"),
            V("oversight", None, "missing", after=unsigned(Attest, item="told")),
            TWO_PEOPLE,
            V("responsibility", None, "missing", after=unsigned(SignOff, role="owner")),
            PLAN_FIRST,
        ],
    },
    "lending_us": {
        "Credit decisions in the United States: adverse impact ratio and standardized mean difference, as lenders' practice "
        "looks at them.": [
            V("adverse-impact-ratio", number("fairness", "demographic_parity_ratio", 0.7), "failed"),
            V("score-shift", number("fairness", "largest_standardized_mean_difference", 0.5), "failed"),
            V("adverse-impact", found("fairness", "medium"), "failed"),
        ],
        "Thresholds are dated data, of practice and not of law; they say when to look closer.": [Fact(dated), NO_LAW],
        "Not legal advice.": [NO_ADVICE],
    },
    "production": {
        "What a model that decides about rows of a table must show before it is handed over for production.": [
            V("ranking", number("performance", "roc_auc", 0.6), "failed"),
            V("balanced-accuracy", number("performance", "balanced_accuracy", 0.5), "failed"),
            V("calibration", number("performance", "expected_calibration_error", 0.2), "failed"),
            V("demographic-parity-ratio", number("fairness", "demographic_parity_ratio", 0.7), "failed"),
            V("equalized-odds", number("fairness", "equalized_odds_difference", 0.3), "failed"),
            V("fairness-findings", found("fairness", "high"), "failed"),
            V("explained", without("attributions"), "missing"),
            V("explanation-stable", number("attributions", "attribution_rank_stability", 0.5), "failed"),
            V("personal-data", found("pii", "high"), "failed"),
            V("leakage", without("leakage"), "missing"),
            V("cardwright.minimum.robustness", without("robustness"), "missing"),
            V("details", silent("affected_groups"), "missing"),
            V("provenance", lambda case: of(case, provenance=uncommitted(case.record)), "missing"),
            V("identity", None, "mismatched", after=other_file),
            V("fresh", old(90), "stale"),
            V("approval", None, "missing", after=unsigned(SignOff)),
        ],
        "Thresholds marked `internal` are a starting point: set your own, and say who set them and when.": [
            Fact(dated)
        ],
    },
    "research": {
        "What a research result must show before others build on it.": [
            V("performance", without("performance"), "missing"),
            V("fairness", without("fairness"), "missing"),
            V("details", silent("limitations"), "missing"),
        ],
        "Nothing here asks for production evidence.": [
            NOT_PRODUCTION,
            Fact(lambda p, v: not any(o.kind in ("identity", "sign_off", "age") for o in v.outcomes)),
        ],
    },
    "startup": {
        "Profile of a young company, for production with few gates: the research result is measured, people have said what it is "
        "for and how it is taken back, the file is the one that was evaluated, and a second person lets it go.": [
            V("performance", without("performance"), "missing"),
            V("fairness", without("fairness"), "missing"),
            V("cardwright.minimum.robustness", without("robustness"), "missing"),
            V("details", silent("intended_use"), "missing"),
            V("details", silent("rollback"), "missing"),
            V("identity", None, "mismatched", after=other_file),
            V("fresh", old(180), "stale"),
            V("approval", None, "missing", after=unsigned(SignOff)),
            Fact(lambda p, v: p.for_production and v.headline == "ALLOWED"),
            Fact(lambda p, v: len(p.requirements) < len(policy_of("production").requirements) / 2),
        ],
        "No number has a limit; what can wait is waived for 90 days at most.": [
            Fact(lambda p, v: not any(o.limit is not None for o in v.outcomes)),
            Fact(lambda p, v: p.waivers is not None and p.waivers.max_days == 90),
            Fact(lambda p, v: {r.id for r in p.requirements if not r.waivable} == {"identity", "approval"}),
        ],
    },
    "growth": {
        "Profile of a growing company: everything production asks, another team can take it over, its owner answers for it beside "
        "whoever approves for risk, and risk says that every incident is named.": [
            V("ranking", number("performance", "roc_auc", 0.6), "failed"),
            V("demographic-parity-ratio", number("fairness", "demographic_parity_ratio", 0.7), "failed"),
            V("personal-data", found("pii", "high"), "failed"),
            V("details", silent("affected_groups"), "missing"),
            V("details", silent("integration"), "missing"),
            V("details", silent("dependencies"), "missing"),
            V("responsibility", None, "missing", after=unsigned(SignOff, role="owner")),
            V("approval", None, "missing", after=unsigned(SignOff, role="risk_head")),
            V("approval", None, "missing", after=same_signer("owner", "risk_head")),
            V("incidents-named", None, "missing", after=unsigned(Attest, item="all-named")),
            Fact(lambda p, v: asks_all_that("production", p)),
        ],
    },
    "enterprise": {
        "Profile of a large company: everything the profile growth asks, with every office approving and a plan that somebody else "
        "signed first.": [
            V("equalized-odds", number("fairness", "equalized_odds_difference", 0.3), "failed"),
            V("incidents-named", None, "missing", after=unsigned(Attest, item="all-named")),
            *(
                V(f"approval-{role.replace('_', '-')}", None, "missing", after=unsigned(SignOff, role=role))
                for role in ("privacy", "security", "responsible_ai", "engineering")
            ),
            V("approval-security", None, "missing", after=same_signer("owner", "security")),
            V("approval", None, "missing", after=unsigned(SignOff, role="risk_head")),
            V("fresh", old(60), "stale"),
            PLAN_FIRST,
            Fact(lambda p, v: asks_all_that("growth", p)),
        ],
        "The model was not tested on its training data, and no more than three risks and controls are open.": [
            V("overlap", found("overlap", "high"), "failed"),
            V("overlap", without("overlap"), "missing"),
            V("open-risks", stating(4), "failed"),
            V("open-risks", silent("risks"), "missing"),
            Fact(lambda p, v: status_of("open-risks", verdict_on(p.name, stating(3))) == "passed"),
        ],
    },
    "regulated": {
        "Profile of a regulated house (finance, health): everything high_risk and the profile enterprise ask, and nothing of it can "
        "be waived.": [
            V("slices", number("slices", "largest_slice_difference", 0.4), "failed"),
            V("robustness", number("robustness", "largest_balanced_accuracy_drop", 0.2), "failed"),
            V("approval-privacy", None, "missing", after=unsigned(SignOff, role="privacy")),
            V("incidents-named", None, "missing", after=unsigned(Attest, item="all-named")),
            PLAN_FIRST,
            V("slices", WORSE_SLICES, "failed", after=waived("slices")),
            V(
                "robustness",
                number("robustness", "largest_balanced_accuracy_drop", 0.2),
                "failed",
                after=waived("robustness"),
            ),
            Fact(lambda p, v: verdict_on("high_risk", WORSE_SLICES, after=waived("slices", "high_risk")).allowed),
            Fact(lambda p, v: asks_all_that("high_risk", p) and asks_all_that("enterprise", p)),
        ],
        "No risk and no control is open.": [
            V("open-risks", stating(1), "failed"),
            V("open-risks", silent("risks"), "missing"),
            V("open-risks", None, "failed", after=denying("recourse")),
        ],
        "The model's file resolves to the run that made it, and every number to a commit without changes.": [
            V("training-run", number("runs", "training_run_resolved", 0), "failed"),
            V("training-run", without("runs"), "missing"),
            V("provenance", lambda case: of(case, provenance=uncommitted(case.record)), "missing"),
            V(
                "provenance",
                lambda case: of(case, provenance=changed(case.record)),
                "failed",
                "missing",
                "inconclusive",
            ),
        ],
        "Its model risk documentation is signed by whoever validates models, who also approves the model beside the head of risk, "
        "and is neither its owner nor that head.": [
            V("documentation", lambda case: of(case, links=()), "missing"),
            V("documentation", None, "missing", after=documentation(claims=())),
            V("documentation", None, "missing", after=documentation(claims=approved("Una", "Val", "owner"))),
            V("documentation", None, "missing", after=documentation(claims=approved("Una", "Una", "model_risk"))),
            V("documentation", about("another-model"), "mismatched"),
            V("validation", None, "missing", after=unsigned(SignOff, role="model_risk")),
            V("validation", None, "missing", after=same_signer("owner", "model_risk")),
            V("validation", None, "missing", after=same_signer("risk_head", "model_risk")),
            V("approval", None, "missing", after=unsigned(SignOff, role="risk_head")),
        ],
    },
    "claim_win": {
        "What a claim that a model is better must show before it is spread: it holds on the same rows and seed by seed, its cause is "
        "shown, nothing that is guarded got worse.": [
            V("better", number("performance", "accuracy_change", -0.05), "failed"),
            V("gain", number("runs", "improvement", -0.05), "failed"),
            V("seeds", number("runs", "seeds_of_claim", 1), "failed"),
            V("seeds-of-baseline", number("runs", "seeds_of_baseline", 1), "failed"),
            V("same-data", number("runs", "same_data", 0), "failed"),
            V("cause", number("runs", "ablations_supporting", 0), "failed"),
            V("guardrails", number("runs", "guardrail_slack", -0.05), "failed"),
            V("guardrails", evaluated("runs", measurements=lambda e: unnamed(e, "guardrail_slack")), "missing"),
            V("training-run", number("runs", "training_run_resolved", 0), "failed"),
            V("details", silent("limitations"), "missing"),
            NOT_PRODUCTION,
        ],
        "It was looked at no more often than was declared.": [
            V("looks", number("runs", "looks_undeclared", 1), "failed"),
            V("looks", evaluated("runs", measurements=lambda e: unnamed(e, "looks_undeclared")), "missing"),
        ],
        "A plan that it names is signed, and declares the seeds and looks that it had.": [
            V("plan", planned(looks=[{"seeds": "6", "looks": "0.5, 1"}]), "failed"),
            V("plan", planned(looks=None), "missing", after=documentation(claims=())),
        ],
        "How many runs were tried is disclosed, and the research lead approves it.": [
            V("tried", without("runs"), "missing"),
            V("tried", evaluated("runs", measurements=lambda e: unnamed(e, "runs_tried")), "missing"),
            V("research-lead", None, "missing", after=unsigned(SignOff, role="research_lead")),
        ],
    },
    "stage_baseline": {
        "Gate 1 of 5, an example: there is a first number to beat, and people know what is being tried.": [
            V("performance", without("performance"), "missing"),
            V("details", silent("intended_use"), "missing"),
            NOT_PRODUCTION,
        ],
    },
    "stage_prototype": {
        "Gate 2 of 5, an example: it is better than the baseline on the same rows, and group results are looked at.": [
            V("better", number("performance", "accuracy_change", -0.05), "failed"),
            V("better", without("performance"), "missing"),
            # Nobody compared it with a baseline, or not on the same rows: the paired change is not there.
            V("better", evaluated("performance", measurements=lambda e: unnamed(e, "accuracy_change")), "missing"),
            V("fairness", without("fairness"), "missing"),
            NOT_PRODUCTION,
        ],
    },
    "stage_validation": {
        "Gate 3 of 5, an example: limits are held, where it fails is known, and the numbers are those of the model at hand.": [
            V("demographic-parity-ratio", number("fairness", "demographic_parity_ratio", 0.7), "failed"),
            V("better", number("performance", "accuracy_change", -0.05), "failed"),
            V("slices", without("slices"), "missing"),
            V("robustness", without("robustness"), "missing"),
            *(
                V(requirement, evaluated(evaluator, binding=Binding(kind="supplied")), "inconclusive")
                for requirement, evaluator in (
                    ("better", "performance"),
                    ("performance", "performance"),
                    ("fairness", "fairness"),
                    ("demographic-parity-ratio", "fairness"),
                    ("slices", "slices"),
                    ("robustness", "robustness"),
                    ("explained", "attributions"),
                )
            ),
        ],
    },
    "stage_handoff": {
        "Gate 4 of 5, an example: the receiving team can run it, watch it and take it back, and two people have signed.": [
            V("details", silent("integration"), "missing"),
            V("details", silent("dependencies"), "missing"),
            V("details", silent("monitoring"), "missing"),
            V("details", silent("rollback"), "missing"),
            V("identity", None, "mismatched", after=other_file),
            V("responsibility", None, "missing", after=unsigned(SignOff, role="owner")),
            V("approval", None, "missing", after=unsigned(SignOff, role="risk_head")),
            TWO_PEOPLE,
        ],
    },
    "stage_online": {
        "Gate 5 of 5, an example: it has been tried in shadow and as a canary, and the team that runs it has taken it.": [
            V("tried", None, "missing", after=unsigned(Attest, item="trial")),
            V("accepted", None, "missing", after=unsigned(Attest, item="accepted")),
            V("fresh", old(30), "stale"),
        ],
    },
}

CALIBRATED_METRICS = ("over_refusal_rate", "partial_refusal_rate")


def uncommitted(record: Record):
    return record.provenance.model_copy(update={"commit": None, "dirty": None})


def unnamed(e, metric):
    return tuple(m for m in e.measurements if m.metric != metric)


ROWS = [
    (name, sentence, check) for name, table in HEADERS.items() for sentence, checks in table.items() for check in checks
]


@pytest.mark.parametrize("name", POLICIES)
def test_every_sentence_of_a_header_has_a_row_and_no_row_is_of_a_sentence_that_is_gone(name):
    assert sentences(name) == list(HEADERS[name])
    assert all(HEADERS[name].values())


@pytest.mark.parametrize("name", POLICIES)
def test_the_case_that_is_made_worse_below_is_allowed(name):
    verdict = verdict_on(name)
    assert [(o.requirement, o.explanation) for o in verdict.blocking] == []


@pytest.mark.parametrize(("name", "sentence", "check"), ROWS, ids=[f"{n}-{i}" for i, (n, _, _) in enumerate(ROWS)])
def test_a_case_that_violates_a_sentence_is_refused_for_it(name, sentence, check):
    if isinstance(check, Fact):
        assert check.holds(policy_of(name), verdict_on(name)), sentence
        return
    verdict = verdict_on(name, check.change, after=check.after)
    outcome = next(o for o in verdict.outcomes if o.requirement == check.requirement)
    assert outcome.status in check.statuses, (sentence, outcome.explanation)
    assert not verdict.allowed, sentence
