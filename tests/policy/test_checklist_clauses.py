"""Every packaged checklist has an item for each clause that a reviewer of its framework looks for, and no clause of another."""

import re

import pytest

from cardwright.dossier.contents import checklist_of
from cardwright.evaluators.safety.taxonomy import CATEGORIES
from cardwright.files import kinds, packaged


def numbered(stem, counts):
    return [f"{stem} {first}.{second}" for first, count in counts.items() for second in range(1, count + 1)]


def lettered(stem, letters):
    return [f"{stem}({letter})" for letter in letters]


ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii")

EU_AI_ACT = [
    "Art. 9(1)", *lettered("Art. 9(2)", "abcd"), "Art. 9(4)", "Art. 9(5)", *lettered("Art. 9(5)", "abc"),
    "Art. 9(6)", "Art. 9(7)", "Art. 9(8)", "Art. 9(9)",
    *lettered("Art. 10(2)", "abcdefgh"), "Art. 10(3)", "Art. 10(4)", "Art. 4a", "Art. 10(6)",
    "Art. 11(1)", "Art. 12(1)", "Art. 12(2)", "Art. 12(3)",
    "Art. 13(3)(a)", *lettered("Art. 13(3)(b)", ROMAN), *lettered("Art. 13(3)", "cdef"),
    "Art. 14(3)", *lettered("Art. 14(4)", "abcde"), "Art. 14(5)",
    "Art. 15(1)", "Art. 15(3)", "Art. 15(4)", "Art. 15(5)",
    *lettered("Annex IV(1)", "abcdefgh"), *lettered("Annex IV(2)", "abcdefgh"), *(f"Annex IV({n})" for n in range(3, 10)),
]  # fmt: skip
# Art. 10(5) was deleted and stands in Art. 4a now. The framework has 72 subcategories: 19, 18, 22 and 13.
NIST = [
    *numbered("GOVERN", {1: 7, 2: 3, 3: 2, 4: 3, 5: 2, 6: 2}),
    *numbered("MAP", {1: 6, 2: 3, 3: 5, 4: 2, 5: 2}),
    *numbered("MEASURE", {1: 3, 2: 13, 3: 3, 4: 3}),
    *numbered("MANAGE", {1: 4, 2: 4, 3: 2, 4: 3}),
    *(f"AI 600-1, 2.{n}" for n in range(1, 13)),
]
NYC = [
    "5-300", "5-301(a)", "5-301(b)(1), (c)(1)-(2)", "5-301(b)(2), (c)(3)", "5-301(b)(3), (c)(4)", "5-301(b)(4)",
    "5-301(b)(5), (c)(5)", "5-301(d)", "5-302(a)", "5-302(b)", "5-303(a)(1)", "5-303(a)(2)", "5-303(c)", "5-304(a)",
    "5-304(b)-(c)", "5-304(d)",
]  # fmt: skip
GDPR = [
    *lettered("Art. 5(1)", "abcde"), "Art. 5(1)(f), Art. 32", "Art. 5(2)", "Art. 6(1)", "Art. 9(1)", "Art. 9(2)", "Art. 10",
    "Art. 13, Art. 14", "Art. 13(2)(f), Art. 14(2)(g)", "Art. 15(1)(h)", "Art. 16", "Art. 17(1)", "Art. 21",
    *(f"Art. 22({n})" for n in range(1, 5)), "Art. 25(1)", "Art. 25(2)", "Art. 28", "Art. 30", "Art. 32(1)(d)",
    "Art. 33, Art. 34", "Art. 35(1), (3)", "Art. 35(2)", *lettered("Art. 35(7)", "abcd"), "Art. 35(9)", "Art. 35(11)", "Art. 36",
]  # fmt: skip
EDPB = [
    "3.2, claim, paras. 34, 134", "3.2, means reasonably likely, paras. 41, 43", "3.2, unintended persons, para. 43",
    *(f"3.2, {part}" for part in ("designed to", "analysis", "testing", "documentation")),
    *(f"3.2, design: {part}" for part in ("sources", "preparation", "method", "outputs")),
    *(f"3.2, testing: {attack}" for attack in ("membership inference", "attribute inference", "exfiltration", "regurgitation",
                                               "inversion, reconstruction")),
    *(f"3.3, step {n}" for n in (1, 2, 3)), "3.3, mitigation, para. 107",
    "3.4, paras. 114, 126", "3.4, another controller, paras. 129 to 131",
]  # fmt: skip
EXPECTED = {
    "gdpr_ai": GDPR,
    "edpb_model_anonymity": EDPB,
    "eu_ai_act": EU_AI_ACT,
    "nist_ai_rmf": NIST,
    "nyc_ll144": NYC,
    "owasp_llm_2025": [f"LLM{n:02}:2025" for n in range(1, 11)],
    "research_quality": [f"RQ {n}" for n in range(1, 19)],
    "responsible_ai_minimum": [f"RAI {n}" for n in range(1, 15)],
    "secure_development": [f"SD {n}" for n in range(1, 15)],
    "no_persons": ["NP 1"],
    "handoff_incidents": ["HI 1"],
    "reproduction": ["RP 1"],
    "handoff_readiness": [f"H {n}" for n in range(1, 15)],
}
DATES = {  # where it stands, and from when it applies
    "eu_ai_act": ("in_force", "2027-12-02"),
    "nist_ai_rmf": ("voluntary", "2023-01-26"),
    "nyc_ll144": ("in_force", "2023-07-05"),
    "owasp_llm_2025": ("voluntary", "2024-11-18"),
}


def test_every_packaged_checklist_is_looked_at_here():
    of_kinds = set(kinds.names())
    assert set(EXPECTED) == set(packaged.names("checklists")) - of_kinds
    assert len(NIST) == 72 + 12


@pytest.mark.parametrize("name", EXPECTED)
def test_a_checklist_has_each_clause_and_no_other(name):
    clauses = {item.clause for item in checklist_of(name).items}
    assert clauses == set(EXPECTED[name])


@pytest.mark.parametrize("name", DATES)
def test_a_framework_stands_and_applies_as_its_text_says(name):
    checklist = checklist_of(name)
    assert (checklist.status, str(checklist.applies_from)) == DATES[name]
    assert str(checklist.as_of) <= "2026-10-07", "the day on which the clauses were read in a copy"


@pytest.mark.parametrize(("name", "since"), [("gdpr_ai", "2018-05-25"), ("edpb_model_anonymity", "2024-12-17")])
def test_what_was_not_read_in_a_copy_says_so(name, since):
    checklist = checklist_of(name)
    assert (checklist.status, str(checklist.applies_from), checklist.source_mark) == ("in_force", since, "M")


@pytest.mark.parametrize(
    ("attack", "metric"),
    [
        ("membership inference", "largest_membership_inference_auc"),
        ("attribute inference", "attribute_inference_difference"),
        ("regurgitation", "verbatim_extraction_difference"),
    ],
)
def test_an_attack_on_anonymity_that_is_tried_here_is_supported_by_its_own_metric(attack, metric):
    clause = f"3.2, testing: {attack}"
    found = {item.evidence.metrics for item in checklist_of("edpb_model_anonymity").items if item.clause == clause}
    assert (metric,) in found


def evidence(name, clause, kind):
    return [
        item.evidence for item in checklist_of(name).items if item.clause == clause and kind in item.kinds
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "clause", "kind"),
    [
        # Whether risk left over is acceptable, persons under 18 were thought of, or logs serve, no number and no field shows.
        ("eu_ai_act", "Art. 9(5)", "model"),
        ("eu_ai_act", "Art. 9(8)", "model"),
        ("eu_ai_act", "Art. 9(9)", "model"),
        ("eu_ai_act", "Art. 12(2)", "system"),
        # Attacks that fail say nothing about how well it does what it is for.
        ("eu_ai_act", "Art. 9(6)", "system"),
        ("eu_ai_act", "Annex IV(4)", "model"),
        ("nist_ai_rmf", "MEASURE 2.8", "model"),
        ("nist_ai_rmf", "GOVERN 6.1", "model"),
        # The number of unknown categories does not show why a small one was left out.
        ("nyc_ll144", "5-301(d)", "model"),
        ("nyc_ll144", "5-304(d)", "model"),
        ("owasp_llm_2025", "LLM05:2025", "system"),
        # That a model is anonymous, and that a decision rests on a basis in law, no number says.
        ("edpb_model_anonymity", "3.2, claim, paras. 34, 134", "model"),
        ("edpb_model_anonymity", "3.4, paras. 114, 126", "model"),
        ("gdpr_ai", "Art. 6(1)", "model"),
        ("gdpr_ai", "Art. 22(1)", "model"),
        ("gdpr_ai", "Art. 35(7)(b)", "model"),
        ("research_quality", "RQ 1", "model"),
        ("secure_development", "SD 6", "model"),
        ("handoff_readiness", "H 13", "model"),
    ],
)
def test_what_only_a_person_can_say_is_asked_of_a_person(name, clause, kind):
    assert evidence(name, clause, kind)
    assert all(asked.attestation for asked in evidence(name, clause, kind))


@pytest.mark.parametrize(
    ("name", "clause", "category"),
    [
        ("owasp_llm_2025", "LLM01:2025", "prompt_injection"),
        ("owasp_llm_2025", "LLM01:2025", "indirect_prompt_injection"),
        ("owasp_llm_2025", "LLM02:2025", "secret_leak"),
        ("owasp_llm_2025", "LLM02:2025", "data_exfiltration"),
        ("owasp_llm_2025", "LLM06:2025", "tool_misuse"),
        ("owasp_llm_2025", "LLM07:2025", "system_prompt_extraction"),
        ("nist_ai_rmf", "AI 600-1, 2.9", "indirect_prompt_injection"),
        ("secure_development", "SD 9", "indirect_prompt_injection"),
    ],
)
def test_an_attack_supports_an_entry_only_where_attacks_of_its_own_sort_were_tried(name, clause, category):
    assert {"category": category} in [asked.slice for asked in evidence(name, clause, "system")]


@pytest.mark.parametrize("name", EXPECTED)
def test_categories_of_attacks_that_items_name_exist(name):
    named = {value for item in checklist_of(name).items for value in item.evidence.slice.values()}
    assert named <= set(CATEGORIES)


@pytest.mark.parametrize("name", EXPECTED)
def test_each_item_is_in_our_own_words_one_sentence_and_asked_of_some_kind(name):
    for item in checklist_of(name).items:
        assert item.kinds, item.id
        assert item.requirement.endswith("."), item.id
        assert not re.search(r"\b(shall|appropriate|reasonably foreseeable)\b", item.requirement), item.id


def test_accuracy_under_the_ai_act_is_that_of_the_model_at_hand():
    (asked,) = [e for e in evidence("eu_ai_act", "Art. 15(1)", "model") if e.evaluator]
    assert (asked.evaluator, asked.binding) == ("performance", "recomputed")


def test_both_attributes_together_are_asked_for_where_the_rule_asks_for_them():
    (asked,) = evidence("nyc_ll144", "5-301(b)(3), (c)(4)", "model")
    assert asked.crossed


def test_the_minimum_has_an_item_for_whatever_the_gate_holds_under_every_policy():
    from cardwright.policy.minimum import MINIMUM

    items = checklist_of("responsible_ai_minimum").items
    for kind, areas in MINIMUM.items():
        asked = {item.evidence.evaluator for item in items if kind in item.kinds}
        assert {evaluator for evaluator, _ in areas.values()} <= asked
