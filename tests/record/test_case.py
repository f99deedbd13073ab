"""A case is put together by name and never changed: what nobody handed over is absent, and says so by being None or empty."""

from dataclasses import FrozenInstanceError, fields

import pytest
from tests.policy.test_gate import P
from tests.strategies import NOW, good_case, good_record

from cardwright.policy.gate import decide
from cardwright.record import Case


def test_of_a_record_alone_nothing_else_is_known():
    case = Case(record=good_record())
    known = {field.name: getattr(case, field.name) for field in fields(case) if field.name != "record"}
    assert known == {
        "plan": None, "run": None, "claims": (), "trust_sha256": None, "baseline": None, "previous": None,
        "manifest_sha256": None, "artefacts": None, "samples": {}, "linked": {}, "kind_files": {}, "incidents": (),
        "advisory": False,
    }  # fmt: skip
    assert not decide(case, P, NOW).allowed


def test_a_case_is_not_changed_after_it_was_put_together():
    with pytest.raises(FrozenInstanceError):
        good_case().claims = ()


def test_its_parts_are_given_by_name_so_that_none_is_taken_for_another():
    with pytest.raises(TypeError):
        Case(good_record(), None)


def test_nobody_looked_at_the_files_is_not_the_same_as_there_are_none():
    from dataclasses import replace

    said = {
        None: decide(replace(good_case(), artefacts=None), P, NOW),
        0: decide(replace(good_case(), artefacts={}), P, NOW),
    }
    status = {
        seen: next(o.status for o in verdict.outcomes if o.requirement == "identity") for seen, verdict in said.items()
    }
    assert status[None] == "missing"
    assert status[0] not in ("passed", "missing")
