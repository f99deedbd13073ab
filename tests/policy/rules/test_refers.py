"""`refers`: what a record refers to is there, is what it says, and was signed by somebody else in time."""

import pytest
from tests import kind_folders as made
from tests.strategies import NOW

from cardwright.policy.judging.case_under_review import review_of
from cardwright.policy.rules.refers import RefersRule
from cardwright.record.case import Case, LinkedDossier
from cardwright.record.claim import SignOff, Withdraw
from cardwright.record.kind import RecordLink

MANIFEST = "c" * 64
PLAN = made.NOTE.replace("kind: house_note", "kind: house_plan").replace("exactly", "exactly")
DATA = PLAN.replace(
    "minimum:",
    """  - field: data
    section: Data
    title: Data
    question: On which data?
    good: "{name: applications, data_sha256: its 64 digits}"
    bad: The usual
    who: researcher
    columns: [name, data_sha256]
minimum:""",
)


def sign_off(person, at, decision="approve", meaning="approval", role="research_lead", **more):
    key = {"Ada": "a", "Ben": "b", "Cy": "e"}[person] * 64
    return SignOff(
        id=format(hash((person, at, decision, meaning)) & (2**256 - 1), "064x"), person=person, key=key, role=role, at=at,
        decision=decision, meaning=meaning, manifest_sha256=MANIFEST, **more,
    )  # fmt: skip


AUTHOR = sign_off("Ada", "2026-11-01T09:00:00Z", meaning="authorship", role="owner")
APPROVED = sign_off("Ben", "2026-11-02T09:00:00Z")


class Linked:
    """A record that refers to a plan, and what is known of the plan."""

    def __init__(
        self, tmp_path, *, plan=PLAN, claims=(AUTHOR, APPROVED), released=False, about=(None, None), **answers
    ):
        of = made.kinds.read(made.folder(tmp_path / "a", plan, "house_plan") / "house_plan").definition
        self.plan = made.work(of, about=about[0], **answers)
        link = RecordLink(role="plan", kind="house_plan", name="note", version="1", record_sha256=self.plan.sha256)
        self.record = made.work(made.definition(tmp_path / "b"), links=(link,), about=about[1])
        self.linked = LinkedDossier(record=self.plan, manifest_sha256=MANIFEST, claims=claims, released=released)

    def judge(self, **rule):
        case = Case(record=self.record, linked={self.plan.sha256: self.linked} if self.linked else {})
        return RefersRule(kind="house_plan", **rule).judge(review_of(case, NOW))


def test_a_plan_that_somebody_else_approved_is_referred_to(tmp_path):
    answer = Linked(tmp_path).judge(role="plan")
    assert answer.status == "passed"
    assert answer.explanation.startswith("It refers to house_plan, signed: note 1 (")


def test_a_record_that_refers_to_nothing_misses_it_and_one_that_has_to_refer_to_nothing_does_not(tmp_path):
    of = made.definition(tmp_path)
    review = review_of(Case(record=made.work(of)), NOW)
    assert RefersRule(kind="experiment_plan").judge(review).status == "missing"
    assert RefersRule(kind="experiment_plan", at_least=0).judge(review).status == "passed"


def test_what_is_not_in_the_dossier_is_missing(tmp_path):
    case = Linked(tmp_path)
    case.linked = None
    assert case.judge().status == "missing"


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ((), "missing"),  # nobody was believed
        ((APPROVED,), "missing"),  # its author is unknown, so nobody is known to be somebody else
        ((AUTHOR,), "missing"),
        ((AUTHOR, sign_off("Ada", "2026-11-02T09:00:00Z")), "missing"),
        ((AUTHOR, APPROVED, sign_off("Cy", "2026-11-03T09:00:00Z", "reject", role="risk_head")), "failed"),
        ((AUTHOR, APPROVED, sign_off("Cy", "2026-11-03T09:00:00Z", "request_changes", role="risk_head")), "failed"),
    ],
)
def test_an_approval_is_of_somebody_other_than_the_author_and_no_objection_stands(tmp_path, claims, status):
    assert Linked(tmp_path, claims=claims).judge().status == status


def test_an_objection_that_was_answered_or_taken_back_does_not_stand(tmp_path):
    no = sign_off("Ben", "2026-11-01T10:00:00Z", "reject")
    yes = sign_off("Ben", "2026-11-02T09:00:00Z", answers=no.id)
    assert Linked(tmp_path / "1", claims=(AUTHOR, no, yes)).judge().status == "passed"
    gone = Withdraw(person="Ben", key="b" * 64, role="research_lead", at=NOW, claim=no.id, reason="It was settled.")
    assert Linked(tmp_path / "2", claims=(AUTHOR, no, APPROVED, gone)).judge().status == "passed"


def test_a_signature_over_another_dossier_does_not_count(tmp_path):
    other = APPROVED.model_copy(update={"manifest_sha256": "d" * 64})
    assert Linked(tmp_path, claims=(AUTHOR, other)).judge().status == "missing"


def test_only_the_roles_that_are_named_count(tmp_path):
    case = Linked(tmp_path)
    assert case.judge(roles=("risk_head",)).status == "missing"
    assert case.judge(roles=("risk_head", "research_lead")).status == "passed"


def test_a_release_is_asked_for_where_it_is_asked_for(tmp_path):
    assert Linked(tmp_path / "1").judge(state="released").status == "missing"
    assert Linked(tmp_path / "2", released=True).judge(state="released").status == "passed"


def test_a_plan_that_leaves_out_what_its_kind_asks_is_none(tmp_path):
    answer = Linked(tmp_path, harms=None).judge()
    assert (answer.status, "harms" in answer.explanation) == ("missing", True)


def test_the_other_one_says_what_is_accepted(tmp_path):
    case = Linked(tmp_path)
    assert case.judge(answers={"decision": ("adopt",)}).status == "passed"
    answer = case.judge(answers={"decision": ("stop",)})
    assert (answer.status, answer.explanation) == (
        "failed",
        "house_plan note 1 says adopt for decision; accepted: stop.",
    )
    assert case.judge(answers={"reason": ("x",)}).status == "failed"


def test_the_same_subject_is_one_by_name(tmp_path):
    assert Linked(tmp_path / "1", about=("m", "m")).judge(same=("subject",)).status == "passed"
    assert Linked(tmp_path / "2", about=("m", "n")).judge(same=("subject",)).status == "mismatched"
    assert Linked(tmp_path / "3", about=("m", None)).judge(same=("subject",)).status == "inconclusive"


def test_the_same_commit_is_one_that_both_are_known_to_be_at(tmp_path):
    assert Linked(tmp_path).judge(same=("commit",)).status == "inconclusive"


def test_data_that_a_plan_names_by_digest_are_among_those_of_the_record(tmp_path):
    named = [{"name": "applications", "data_sha256": "f" * 64}]
    assert Linked(tmp_path / "1", plan=DATA).judge(same=("data",)).status == "inconclusive"
    assert Linked(tmp_path / "2", plan=DATA, data=named).judge(same=("data",)).status == "mismatched"


def test_without_runs_nobody_can_tell_whether_the_plan_came_first(tmp_path):
    assert Linked(tmp_path).judge(before=("candidate",)).status == "inconclusive"


def with_runs(case, rows, **rule):
    from tests.strategies import good_case

    from cardwright.record.evaluation import Table, TableColumn

    evaluation = good_case().record.evaluations[0]
    columns = tuple(TableColumn(name=name, title=name) for name in ("purpose", "runs", "first", "undated"))
    table = Table(id="starts", title="Starts", columns=columns, rows=rows)
    case.record = case.record.model_copy(update={"evaluations": (evaluation.model_copy(update={"tables": (table,)}),)})
    return case.judge(before=("candidate",), **rule)


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ((("candidate", 5.0, "2026-11-03T09:00:00Z", 0.0),), "passed"),
        ((("candidate", 5.0, "2026-11-01T09:00:00Z", 0.0),), "failed"),
        ((("baseline", 5.0, "2026-10-01T09:00:00Z", 0.0), ("candidate", 5.0, "2026-11-03T09:00:00Z", 0.0)), "passed"),
        ((("not stated", 1.0, "2026-11-01T09:00:00Z", 0.0), ("candidate", 5.0, "2026-11-03T09:00:00Z", 0.0)), "failed"),
        ((("candidate", 5.0, "2026-11-03T09:00:00Z", 1.0),), "inconclusive"),
        ((("candidate", 1.0, None, 1.0),), "inconclusive"),
        ((("baseline", 5.0, "2026-10-01T09:00:00Z", 0.0),), "inconclusive"),
    ],
)
def test_the_plan_was_signed_before_the_first_run_of_a_candidate(tmp_path, rows, status):
    """A run whose purpose nobody states counts as one: leaving out the word must not hide an early run."""
    assert with_runs(Linked(tmp_path), rows).status == status


def test_an_impostor_of_a_packaged_kind_is_not_referred_to(tmp_path):
    text = made.NOTE.replace("kind: house_note", "kind: experiment_plan")
    (tmp_path / "x").mkdir()
    import yaml

    from cardwright.record.kind import KindDefinition

    of = KindDefinition.model_validate(yaml.safe_load(text))
    plan = made.work(of)
    link = RecordLink(role="plan", kind="experiment_plan", name="note", version="1", record_sha256=plan.sha256)
    record = made.work(made.definition(tmp_path), links=(link,))
    linked = LinkedDossier(record=plan, manifest_sha256=MANIFEST, claims=(AUTHOR, APPROVED))
    answer = RefersRule(kind="experiment_plan").judge(review_of(Case(record=record, linked={plan.sha256: linked}), NOW))
    assert answer.status == "mismatched"
    assert "it was changed, or it is a kind of a house's own" in answer.explanation


def test_attack_a_release_stands_for_no_signature_that_came_before_the_runs(tmp_path):
    """A release that nobody known approved has no moment of approval, which is not the same as an early one."""
    case = Linked(tmp_path, claims=(AUTHOR,), released=True)
    assert case.judge(state="released").status == "passed"
    assert case.judge(state="released", roles=("research_lead",)).status == "missing"
    rows = (("candidate", 1.0, "2026-11-01T09:00:00Z", 0.0),)
    assert with_runs(case, rows, state="released").status == "missing"


def test_attack_an_objection_is_answered_by_nobody_outside_its_role_and_by_no_author(tmp_path):
    no = sign_off("Cy", "2026-11-03T09:00:00Z", "reject", role="risk_head")
    elsewhere = sign_off("Ben", "2026-11-04T09:00:00Z", answers=no.id)
    of_the_author = sign_off("Ada", "2026-11-04T09:00:00Z", role="risk_head", answers=no.id)
    of_the_role = sign_off("Ben", "2026-11-05T09:00:00Z", role="risk_head", answers=no.id)
    assert Linked(tmp_path / "1", claims=(AUTHOR, APPROVED, no, elsewhere)).judge().status == "failed"
    assert Linked(tmp_path / "2", claims=(AUTHOR, APPROVED, no, of_the_author)).judge().status == "failed"
    assert Linked(tmp_path / "3", claims=(AUTHOR, APPROVED, no, of_the_role)).judge().status == "passed"


def test_attack_a_digest_written_into_a_record_that_read_other_data_is_not_data_that_it_read(tmp_path):
    from tests.strategies import good_case

    named = [{"name": "applications", "data_sha256": "f" * 64}]
    case = Linked(tmp_path, plan=DATA, data=named)
    read = good_case().record.provenance.datasets
    provenance = case.record.provenance.model_copy(update={"datasets": read})
    case.record = case.record.model_copy(update={"details": case.plan.details})
    assert case.judge(same=("data",)).status == "passed"
    case.record = case.record.model_copy(update={"provenance": provenance})
    assert case.judge(same=("data",)).status == "mismatched"
