"""What is counted beside the indicators."""

from tests.evaluators.kpis.support import approved, counted, decided, look, one, run, written

from cardwright.record.claim import Attest, Withdraw


def memo(name, decision="adopt", **more):
    return written("research_memo", name=name, decision=decision, **more)


def test_documents_are_counted_by_kind_and_memos_by_decision():
    found = look(memo("a"), memo("b"), memo("c", "stop"), written(), decided("model-1", True))
    assert {m.slice["kind"]: m.value for m in found.find("documents") if "workstream" not in m.slice} == {
        "experiment_plan": 1, "model": 1, "research_memo": 3,
    }  # fmt: skip
    adopted = one(found, "memo_decisions", decision="adopt")
    assert (adopted.value, adopted.denominator) == (2, 3)
    assert one(found, "memo_decisions", decision="stop").value == 1
    assert not found.find("memo_decisions", slice={"decision": "pause"})


def test_a_release_that_was_taken_back_is_counted_beside_those_that_stand():
    back = Withdraw(
        id="8" * 64, person="Ben", key="b" * 64, role="research_lead", at="2026-11-09T00:00:00Z", reason="A false win"
    )
    stands = counted(memo("a").record, claims=approved(), released_at="2026-11-03T00:00:00Z")
    withdrawn = counted(memo("b").record, claims=(*approved(), back))
    found = one(look(stands, withdrawn, memo("c")), "releases_withdrawn")
    assert (found.value, found.denominator) == (1, 2)


def test_what_runs_took_is_divided_by_the_decisions_they_led_to():
    runs = [run("a"), run("b", status="failed"), run("c", cost={"latency_p50_ms": 5.0})]
    found = one(look(memo("a"), memo("b", "pause"), runs=runs), "cost_per_decision", cost="cpu_hours")
    assert (found.value, found.numerator, found.denominator) == (0.5, 1.0, 2)
    assert not look(memo("a"), runs=runs).find("cost_per_decision", slice={"cost": "latency_p50_ms"})
    nothing = one(look(written(), runs=runs), "cost_per_decision", cost="cpu_hours")
    assert nothing.reason == "The runs took 1 cpu hours, and no memo has a decision."


def test_a_dossier_that_somebody_else_ran_again_is_counted_and_one_that_its_author_did_is_not():
    def again(person, answer="met", key="c"):
        return Attest(
            id=f"{ord(person[0]):064x}", person=person, key=key * 64, role="reviewer", at="2026-11-09T00:00:00Z",
            checklist="reproduction", item="same-numbers", answer=answer, statement="REPRODUCED: 3 of 3 evaluations.",
            record_sha256="0" * 64,
        )  # fmt: skip

    author = next(claim for claim in approved() if claim.meaning == "authorship")
    same = counted(memo("a").record, claims=(*approved(), again("Cleo")))
    other = counted(memo("b").record, claims=(*approved(), again("Cleo"), again("Dan", "not_met", "d")))
    own = counted(memo("c").record, claims=(*approved(), again(author.person, key=author.key[0])))
    found = one(look(same, other, own, memo("d")), "dossiers_reproduced")
    assert (found.value, found.denominator) == (1, 2)
    assert not look(own, memo("d")).find("dossiers_reproduced")
