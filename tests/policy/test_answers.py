"""What each kind of requirement answers, whole: status, sentence, remedy, who closes it, next actions, numbers.

The answers are kept in `answers.json`; `UPDATE_GOLDEN=1` writes them anew. Other tests say which answer is right where; this one
notices whatever else changes in it.
"""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from tests.policy.rules.test_no_regression import FORMER, GOOD, counted
from tests.policy.rules.test_open_risks import with_risks
from tests.policy.test_gate import FAILED, POLICY, P, changed, outcome, policy_of, with_context, with_gap, with_record
from tests.strategies import NOW, gap, good_case, good_record

from cardwright.policy.gate import decide
from cardwright.record import (
    Attest,
    Component,
    FileDigest,
    Finding,
    NotEvaluated,
    Preregister,
    Record,
    Reference,
    RunFacts,
    SignOff,
    Unmeasured,
)
from cardwright.record.details import Answer
from cardwright.record.evaluation import Binding, Coverage, NotTested, Scanned, count_severities
from cardwright.record.measurement import Interval, Measured, Resolution
from cardwright.record.provenance import CodeDigest
from cardwright.record.record import Redaction

GOLDEN = Path(__file__).parent / "answers.json"
SAID = {
    "status", "explanation", "remedy", "closed_by", "next", "limit", "severity", "count", "clause", "observations", "title",
    "origin",
}  # fmt: skip
CASES = {}


def case(name, *requirements):
    """Registers what makes a case, and the requirements whose answers are kept."""

    def register(make):
        CASES[name] = (make, requirements)
        return make

    return register


def evaluation(id_="fairness", **update):
    return with_record(good_case(), changed(good_record(), id_, **update))


def record(**update):
    changed_record = Record.model_validate(good_record().model_copy(update=update).model_dump())
    return with_record(good_case(), changed_record)


def provenance(**update):
    return record(provenance=good_record().provenance.model_copy(update=update))


def policy(old, new):
    assert old in POLICY
    return policy_of(POLICY.replace(old, new))


def extra(rule, **more):
    head = "".join(f"{key}: {value}, " for key, value in more.items())
    return policy_of(POLICY + f"  - {{id: extra, title: t, why: w, origin: law, {head}{rule}}}\n".encode())


def claims(keep, *more):
    return replace(good_case(), claims=(*(c for c in good_case().claims if keep(c)), *more))


def attested(**update):
    return claims(lambda c: not isinstance(c, Attest), good_case().claims[0].model_copy(update=update))


def rates(**update):
    measured = good_record().evaluations[0].measurements
    return evaluation(measurements=tuple(m if m.across else m.model_copy(update=update) for m in measured))


# ------------------------------------------------------------------------------------------------ the plan and the run

case("everything in order", *(r.id for r in P.requirements), "cardwright.plan", "cardwright.ran")(
    lambda: (good_case(), P)
)
case("no plan", "cardwright.plan")(lambda: (replace(good_case(), plan=None), P))
case("another plan", "cardwright.plan")(
    lambda: (replace(good_case(), plan=good_case().plan.model_copy(update={"title": "Other"})), P)
)


@case("another subject than planned", "cardwright.plan")
def _():
    good = good_case()
    other = good.record.model_copy(update={"subject": good.record.subject.model_copy(update={"version": "2"})})
    return replace(good, record=Record.model_validate(other.model_dump())), P


@case("an edition", "cardwright.plan")
def _():
    cut = Redaction(audience="public", of_sha256="e" * 64, withheld=("details.owners",))
    return replace(good_case(), record=Record.model_validate(good_record().model_copy(update={"redaction": cut}))), P


case("nothing planned", "cardwright.ran", "gap")(lambda: (record(planned=(), evaluations=()), P))


def gone(*gaps):
    ids = {one.id for one in gaps}
    kept = tuple(e for e in good_record().evaluations if e.id not in ids)
    return record(evaluations=kept, not_evaluated=gaps)


LACKING = NotEvaluated(id="fairness", code="missing", reason="an extra is not installed", remedy="Install it.")
RAISED = NotEvaluated(id="pii", code="error", reason="it raised", remedy="Mend it.")
case("one is missing", "cardwright.ran", "gap", "findings")(lambda: (gone(LACKING), P))
case("the last of two raised", "cardwright.ran", "pii")(lambda: (gone(LACKING, RAISED), P))
case("run unknown", "cardwright.recomputed", "fresh")(lambda: (replace(good_case(), run=None), P))


def run(**update):
    return replace(good_case(), run=RunFacts.model_validate(good_case().run.model_copy(update=update).model_dump()))


case("taken over", "cardwright.recomputed", "fresh")(lambda: (run(earlier={"fairness": "2026-11-01T00:00:00Z"}), P))
case("too old", "fresh")(lambda: (run(started="2026-10-01T00:00:00Z", finished="2026-10-01T00:01:00Z"), P))
case("a day too old", "fresh")(lambda: (run(finished="2026-10-23T00:01:00Z"), P))
case("as old as accepted", "fresh")(lambda: (run(finished="2026-10-24T00:01:00Z"), P))
case("in the future", "fresh")(lambda: (run(finished="2026-11-24T00:01:00Z"), P))
case("of another record", "fresh", "cardwright.recomputed")(lambda: (run(record_sha256="e" * 64), P))
case("reused, nobody knows when", "fresh")(lambda: (evaluation(reused_from="e" * 64), P))
case("the minimum", *(f"cardwright.minimum.{area}" for area in ("explainability", "robustness")))(
    lambda: (with_context(good_case(), production_intended=True), P)
)

# ------------------------------------------------------------------------------------------------ an evaluation

case("truncated", "gap", "findings")(lambda: (evaluation(completeness="truncated"), P))
case("supplied", "gap", "tpr")(lambda: (evaluation(binding=Binding(kind="supplied")), P))
case("supplied, and accepted", "tpr")(
    lambda: (
        evaluation(binding=Binding(kind="supplied")),
        policy(b"slices: every_group", b"binding: supplied, slices: every_group"),
    )
)
case("no model", "gap")(lambda: (evaluation(binding=None), P))


@case("another model", "gap")
def _():
    bound = good_record().evaluations[0].binding.model_copy(update={"model_sha256": "e" * 64})
    return evaluation(binding=bound), P


case("does not arise, and is not accepted", "pii")(lambda: (good_case(), policy(b", not_applicable: true", b"")))
case("not planned", "extra")(lambda: (good_case(), extra("evaluated: {evaluator: robustness, role: test}")))
case("not planned by id", "extra")(lambda: (good_case(), extra("evaluated: {evaluation: other}")))
case("evaluated", "extra")(
    lambda: (good_case(), extra("evaluated: {evaluator: fairness, metrics: [true_positive_rate]}"))
)
case("evaluated without the metric", "extra")(
    lambda: (good_case(), extra("evaluated: {evaluator: fairness, metrics: [roc_auc]}"))
)
case("evaluated, and not measured", "extra")(
    lambda: (
        evaluation(measurements=(Unmeasured(metric="roc_auc", code="undefined", reason="one class"),)),
        extra("evaluated: {evaluator: fairness, metrics: [roc_auc]}"),
    )
)
case("evaluated, and does not arise", "extra")(
    lambda: (good_case(), extra("evaluated: {evaluator: pii, metrics: [pii_row_rate], not_applicable: true}"))
)
case("measured nothing", "extra", "findings")(
    lambda: (evaluation(measurements=()), extra("evaluated: {evaluator: fairness}"))
)


@case("a second source of the role", "gap")
def _():
    (test,) = good_record().provenance.datasets
    return provenance(datasets=(test, test.model_copy(update={"name": "kind", "sha256": "9" * 64}))), P


case("about persons, and none concerned", "extra")(
    lambda: (
        with_context(good_case(), persons="none", persons_reason="Pumps."),
        extra("evaluated: {evaluator: fairness, about_persons: true}"),
    )
)

# ------------------------------------------------------------------------------------------------ a number

case("a gap outside", "gap")(lambda: (with_gap(FAILED), P))
case("a gap inside", "gap")(lambda: (with_gap(gap("demographic_parity_difference", 0.05, 0.01, 0.0999)), P))
case("a limit inside the interval", "gap")(lambda: (with_gap(gap("demographic_parity_difference", 0.05, 0.0, 0.2)), P))


@case("what the sample would have shown", "gap")
def _():
    wide = gap("demographic_parity_difference", 0.05, 0.0, 0.2)
    return with_gap(wide.model_copy(update={"resolution": Resolution(detectable=0.123456, needed=9000)})), P


@case("the extreme groups", "gap")
def _():
    wide = gap("demographic_parity_difference", 0.05, 0.0, 0.09)
    named = wide.groups.model_copy(update={"lowest": {"race": "a"}, "highest": {"race": None}})
    return with_gap(wide.model_copy(update={"groups": named})), P


case("fewer groups", "gap")(lambda: (with_gap(gap("demographic_parity_difference", 0.0, 0.0, 0.01, compared=2)), P))
case("unknown membership", "gap")(
    lambda: (with_gap(gap("demographic_parity_difference", 0.0, 0.0, 0.01, unknown=51)), P)
)
case("groups not stated", "gap")(
    lambda: (with_gap(gap("demographic_parity_difference", 0.0, 0.0, 0.01).model_copy(update={"groups": None})), P)
)
case("no interval", "gap")(
    lambda: (with_gap(gap("demographic_parity_difference", 0.0, 0.0, 0.01).model_copy(update={"interval": None})), P)
)
case("not in the record", "gap", "tpr")(lambda: (evaluation(measurements=()), P))


def unmeasured(code):
    return with_gap(
        Unmeasured(metric="demographic_parity_difference", across=("race",), code=code, reason="r.", denominator=3)
    )


for code in ("too_few_samples", "undefined", "not_applicable", "error", "suppressed"):
    case(f"unmeasured: {code}", "gap")(lambda code=code: (unmeasured(code), P))
case("unmeasured, and accepted", "gap")(
    lambda: (unmeasured("not_applicable"), policy(b"binding: recomputed", b"binding: recomputed, not_applicable: true"))
)
case("few cases", "tpr")(lambda: (rates(denominator=49.0), P))
case("cases not stated", "tpr")(lambda: (rates(denominator=None), P))
case("as many cases as asked", "tpr")(lambda: (rates(denominator=50.0), P))
case("all rates outside", "tpr")(
    lambda: (rates(value=0.5, interval=Interval(level=0.9, lower=0.4, upper=0.59, method="wilson")), P)
)
case("on the value", "tpr")(lambda: (rates(value=0.59996), policy(b"at_least: 0.6,", b"at_least: 0.6, on: value,")))
case("relative, without a baseline", "tpr")(
    lambda: (good_case(), policy(b"at_least: 0.6,", b"at_least: -0.05, on: value, relative_to_baseline: true,"))
)


def with_baseline(**update):
    before = good_record().evaluations[0]
    lower = tuple(m if m.across else m.model_copy(update={"value": 0.9}) for m in before.measurements)
    return replace(good_case(), baseline=changed(good_record(), "fairness", measurements=lower, **update))


case("relative, and worse", "tpr")(
    lambda: (with_baseline(), policy(b"at_least: 0.6,", b"at_least: -0.05, on: value, relative_to_baseline: true,"))
)
case("relative on a bound", "tpr")(
    lambda: (with_baseline(), policy(b"at_least: 0.6,", b"at_least: -0.5, relative_to_baseline: true,"))
)
case("relative, on other rows", "tpr")(
    lambda: (
        with_baseline(inputs=(good_record().evaluations[0].inputs[0].model_copy(update={"sha256": "9" * 64}),)),
        policy(b"at_least: 0.6,", b"at_least: -0.05, on: value, relative_to_baseline: true,"),
    )
)
case("a class and strata", "extra")(
    lambda: (
        good_case(),
        extra("measurement: {evaluator: fairness, metric: roc_auc, at_least: 0.7, of_class: a, given: [age]}"),
    )
)
case("a slice of nobody known", "extra")(
    lambda: (
        good_case(),
        extra("measurement: {evaluator: fairness, metric: roc_auc, at_most: 0.7, slices: [{sex: null, age: young}]}"),
    )
)
case("attributes that the plan leaves out", "extra")(
    lambda: (
        good_case(),
        extra(
            "measurement: {evaluator: fairness, metric: demographic_parity_difference, at_most: 0.1, across: every, "
            "intersections: true, attributes: {sex: []}}"
        ),
    )
)
case("groups of an attribute that the plan leaves out", "extra")(
    lambda: (
        good_case(),
        extra(
            "measurement: {evaluator: fairness, metric: true_positive_rate, at_least: 0.1, slices: every_group, "
            "attributes: {sex: [], race: [d], age: [young, old]}}"
        ),
    )
)
case("no groups at all", "extra")(
    lambda: (
        record(planned=tuple(p.model_copy(update={"groups": ()}) for p in good_record().planned)),
        extra("measurement: {evaluator: fairness, metric: demographic_parity_difference, at_most: 0.1, across: every}"),
    )
)
case("a number of two evaluations", "extra")(
    lambda: (good_case(), extra("measurement: {evaluation: pii, metric: pii_row_rate, at_most: 0, on: value}"))
)
case("k-anonymity outside", "extra")(
    lambda: (
        evaluation(
            measurements=(Measured(metric="k_anonymity", value=1.0, unit="count", direction="higher_is_better"),),
        ),
        extra("measurement: {evaluator: fairness, metric: k_anonymity, at_least: 5, on: value}"),
    )
)

# ------------------------------------------------------------------------------------------------ findings

GRAVE = Finding(severity="high", key="entity.email_address", explanation="Nine.", where="mail", count=9)
HEADING = Finding(severity="high", key="heading.direct_identifier.email", explanation="E.", where="mail")
AGE = Finding(severity="low", key="heading.quasi_identifier.age", explanation="A.", where="age")
BY_WORDS = policy(
    b"findings: {evaluator: pii, at_most: low, not_applicable: true}",
    b"findings: {evaluator: pii, at_most: medium, not_applicable: true, "
    b"justified_columns: {checklist: hr, item: min, roles: [privacy]}}",
)
GROUNDS = {"purpose": "p", "legal_basis": "b", "retention": "r"}


def found(*findings, columns=()):
    numbers = (Measured(metric="personal_column_count", value=2.0, unit="count", direction="lower_is_better"),)
    made = changed(
        good_record(),
        "pii",
        findings=findings,
        severities=count_severities(findings),
        measurements=numbers,
        not_applicable=None,
        coverage=Coverage(
            scanned=(Scanned(what="rows", scanned=5, total=9), Scanned(what="columns", scanned=2, total=2)),
            not_tested=tuple(NotTested(what=f"kind {n}", why="w") for n in range(10)),
        ),
    )
    if columns:
        answer = Answer(
            entries=tuple({"column": column, **GROUNDS} for column in columns), stated_by="A", stated_on="2026-11-23"
        )
        answers = {**made.details.answers, "personal_columns": answer}
        made = Record.model_validate(
            made.model_copy(update={"details": made.details.model_copy(update={"answers": answers})}).model_dump()
        )
    return with_record(good_case(), made)


case("nothing found", "pii")(lambda: (found(), P))
case("one found, and accepted", "pii")(lambda: (found(AGE), P))
case("found", "pii")(lambda: (found(GRAVE), P))
case("several found", "pii")(lambda: (found(AGE, GRAVE, HEADING), P))
case("a heading", "pii")(lambda: (found(HEADING), BY_WORDS))
case("one column unjustified", "pii")(lambda: (found(AGE, HEADING, columns=("mail",)), BY_WORDS))
case("justified, not attested", "pii")(lambda: (found(AGE, HEADING, columns=("mail", "age")), BY_WORDS))

# ------------------------------------------------------------------------------------------------ people and provenance

case("details left out", "details")(
    lambda: (record(details=good_record().details.model_copy(update={"answers": {}})), P)
)
case("no commit, no dataset", "provenance")(lambda: (provenance(commit=None, dirty=None, datasets=()), P))
case("uncommitted", "provenance")(lambda: (provenance(dirty=True), P))
case("uncommitted, and accepted", "provenance")(
    lambda: (provenance(dirty=True), policy(b"provenance: {}", b"provenance: {clean: false}"))
)
LISTED = policy(b"provenance: {}", b"provenance: {evaluators: {cardwright: [%s]}}" % (b"a" * 64))
case("whose code is not known", "provenance")(lambda: (good_case(), LISTED))


def made_by(**code):
    return provenance(
        code=tuple(
            CodeDigest(name=name, version="1", sha256=digest, evaluators=("e",)) for name, digest in code.items()
        )
    )


case("accepted code", "provenance")(lambda: (made_by(cardwright="a" * 64), LISTED))
case("other code", "provenance")(lambda: (made_by(cardwright="a" * 64, addon="b" * 64), LISTED))


def subject(case_=None, **update):
    made = Record.model_validate(
        good_record().model_copy(update={"subject": good_record().subject.model_copy(update=update)}).model_dump()
    )
    return with_record(case_ or good_case(), made)


DECLARED = {"files": (), "reference": Reference(provider="p", model_id="m")}
case("declared", "identity")(lambda: (subject(**DECLARED), P))
case("declared, and accepted", "identity")(
    lambda: (subject(**DECLARED), policy(b"identity: {}", b"identity: {hashed: false}"))
)
case("components alone", "identity")(
    lambda: (subject(kind="model", files=(), components=(Component(role="prompt", name="p", sha256="b" * 64),)), P)
)
case("nobody compared", "identity")(lambda: (replace(good_case(), artefacts=None), P))
case("another file", "identity")(lambda: (replace(good_case(), artefacts={"model.skops": "b" * 64}), P))
case("no file", "identity")(lambda: (replace(good_case(), artefacts={}), P))


@case("a file that nothing read", "identity")
def _():
    files = (*good_record().subject.files, FileDigest(path="b.bin", sha256="b" * 64, size=1))
    return replace(subject(files=files), artefacts={one.path: one.sha256 for one in files}), P


@case("a file with a role", "identity")
def _():
    files = (*good_record().subject.files, FileDigest(path="t.json", sha256="b" * 64, size=1, role="tokenizer"))
    return replace(subject(files=files), artefacts={one.path: one.sha256 for one in files}), P


@case("weights beside the model that was loaded", "identity")
def _():
    files = (*good_record().subject.files, FileDigest(path="w.bin", sha256="b" * 64, size=1, role="weights"))
    return replace(subject(files=files), artefacts={one.path: one.sha256 for one in files}), P


case("not attested", "checklist")(lambda: (claims(lambda c: not isinstance(c, Attest)), P))
case("attested as not met", "checklist")(lambda: (attested(answer="not_met"), P))
case("attested, expired", "checklist")(lambda: (attested(expires="2026-11-22"), P))
case("attested of another record", "checklist")(lambda: (attested(record_sha256="e" * 64), P))
case("attested in another role", "checklist")(
    lambda: (good_case(), policy(b"items: [one]", b"items: [one, two], roles: [owner]"))
)
case("one of two items", "checklist")(lambda: (good_case(), policy(b"items: [one]", b"items: [one, two]")))
case("nobody signed the plan", "preregistered")(lambda: (claims(lambda c: not isinstance(c, Preregister)), P))
case("only its author signed", "preregistered")(
    lambda: (claims(lambda c: not isinstance(c, Preregister) or c.meaning == "authorship"), P)
)
case("signed after it ran", "preregistered")(
    lambda: (
        claims(
            lambda c: not isinstance(c, Preregister) or c.meaning == "authorship",
            good_case().claims[1].model_copy(update={"at": "2026-11-20T00:00:01Z"}),
        ),
        P,
    )
)
case("signed as it began", "preregistered")(
    lambda: (
        claims(
            lambda c: not isinstance(c, Preregister) or c.meaning == "authorship",
            good_case().claims[1].model_copy(update={"at": "2026-11-20T00:00:00Z"}),
        ),
        P,
    )
)
(SIGNED,) = (one for one in good_case().claims if isinstance(one, SignOff))
case("nobody signed", "signed")(lambda: (claims(lambda c: not isinstance(c, SignOff)), P))
case("signed another manifest", "signed")(
    lambda: (
        claims(lambda c: not isinstance(c, SignOff), SIGNED.model_copy(update={"manifest_sha256": "e" * 64})),
        P,
    )
)
case("rejected", "signed")(
    lambda: (claims(lambda c: True, SIGNED.model_copy(update={"id": "d" * 64, "decision": "reject"})), P)
)
case("changes asked for", "signed")(
    lambda: (claims(lambda c: True, SIGNED.model_copy(update={"id": "d" * 64, "decision": "request_changes"})), P)
)


# ------------------------------------------------------------------------------------------------ the former release

BROKEN = "no_regression: {evaluator: fairness, min_prompts: 30, categories: [leak]}"


def compared(*measurements, inputs=(FORMER,)):
    first = good_record().evaluations[0]
    return evaluation(measurements=measurements, inputs=(*first.inputs, *inputs))


OF_LEAKS = (counted("newly_broken", 0, 5, category="leak"), counted("not_compared", 0, 5, category="leak"))
case("no former release", "extra")(lambda: (compared(*GOOD, inputs=()), extra(BROKEN)))
case("the release itself", "extra")(
    lambda: (compared(*GOOD, inputs=(FORMER.model_copy(update={"sha256": "0" * 64}),)), extra(BROKEN))
)
case("another former release", "extra")(
    lambda: (compared(*GOOD), extra(BROKEN.replace("min_prompts: 30", f"min_prompts: 30, former: {'0' * 64}")))
)
case("none broken", "extra")(lambda: (compared(*GOOD, *OF_LEAKS), extra(BROKEN)))
case("broken", "extra")(lambda: (compared(counted("newly_broken", 2, 40), GOOD[1], *OF_LEAKS), extra(BROKEN)))
case("broken in a category", "extra")(
    lambda: (compared(*GOOD, counted("newly_broken", 1, 5, category="leak"), OF_LEAKS[1]), extra(BROKEN))
)
case("few compared", "extra")(
    lambda: (compared(counted("newly_broken", 0, 29), counted("not_compared", 0, 29)), extra(BROKEN))
)
case("some not compared", "extra")(
    lambda: (compared(GOOD[0], counted("not_compared", 3, 40), *OF_LEAKS), extra(BROKEN))
)
case("a category not compared", "extra")(lambda: (compared(*GOOD), extra(BROKEN)))


# ------------------------------------------------------------------------------------------------ open risks

NONE_OPEN = "open_risks: {at_most: 0}"
NOT_MET = good_case().claims[0].model_copy(update={"answer": "not_met"})


case("no risks stated", "extra")(lambda: (good_case(), extra(NONE_OPEN)))
case("risks accepted", "extra")(lambda: (with_risks(good_case(), "Head of Risk"), extra(NONE_OPEN)))
case("a risk that nobody accepted", "extra")(lambda: (with_risks(good_case(), "nobody"), extra(NONE_OPEN)))
case("a control that is not there", "extra")(
    lambda: (with_risks(claims(lambda c: not isinstance(c, Attest), NOT_MET), "Head of Risk"), extra(NONE_OPEN))
)
case("more open than accepted", "extra")(
    lambda: (
        with_risks(claims(lambda c: not isinstance(c, Attest), NOT_MET), *["nobody"] * 7),
        extra("open_risks: {at_most: 3}"),
    )
)
case("as many open as accepted", "extra")(
    lambda: (with_risks(good_case(), "Head of Risk", "nobody"), extra("open_risks: {at_most: 1}"))
)


def answers(name):
    make, requirements = CASES[name]
    judged_case, judged_by = make()
    verdict = decide(judged_case, judged_by, NOW)
    told = {}
    for id_ in requirements:
        said = outcome(verdict, id_).model_dump(mode="json", include=SAID, exclude_none=True)
        told[id_] = {key: value for key, value in said.items() if value not in ([], {})}
    return told


def test_the_kept_answers_are_those_of_the_cases():
    if os.environ.get("UPDATE_GOLDEN"):
        text = json.dumps({name: answers(name) for name in CASES}, indent=1, ensure_ascii=False)
        GOLDEN.write_text(text + "\n", encoding="utf-8")
    assert list(json.loads(GOLDEN.read_text(encoding="utf-8"))) == list(CASES)


@pytest.mark.parametrize("name", CASES)
def test_an_answer_is_as_it_is_kept(name):
    kept = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert answers(name) == kept[name], "UPDATE_GOLDEN=1 writes it anew; look at the difference"


@pytest.mark.parametrize("status", ["passed", "failed", "missing", "inconclusive", "error", "stale", "mismatched"])
def test_every_status_is_among_the_kept_answers(status):
    kept = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert status in {told["status"] for of_case in kept.values() for told in of_case.values()}
