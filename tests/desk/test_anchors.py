"""Every number and finding has the name that the documents print, and no comment is about a place that is not there."""

import re

import pytest

from cardwright.attest import under_review
from cardwright.desk import anchors, registry
from cardwright.errors import UsageError


@pytest.fixture
def reviewed(arrived, manifest):
    return under_review.read(registry.dossier(arrived, manifest).files, where="dossier")


def test_every_measurement_and_finding_of_the_record_has_a_place(reviewed):
    known = anchors.of_dossier(reviewed)
    record = reviewed.case.record
    kinds = [one.kind for one in known.values()]
    assert kinds.count("number") == sum(len(one.measurements) for one in record.evaluations) > 0
    assert kinds.count("finding") == sum(len(one.findings) for one in record.evaluations)
    assert {one.requirement for one in reviewed.review.outcomes} <= set(known)
    assert anchors.WHOLE in known


def test_the_documents_print_the_same_names(reviewed, arrived, manifest):
    report = registry.dossier(arrived, manifest).files["model_card.html"].decode()
    printed = set(re.findall(r'id="(M-\d+)"', report))
    known = anchors.of_dossier(reviewed)
    assert printed
    assert printed <= set(known)
    compared = 0
    for id_ in printed:
        cell = re.search(rf'<tr id="{id_}">.*?<td class="n">([^<]*)</td>', report, re.DOTALL)
        if cell is not None and re.fullmatch(r"0\.[0-9]+", cell[1]):
            assert float(cell[1]) == pytest.approx(float(known[id_].shown), abs=0.006), id_
            compared += 1
    assert compared > 10


def test_an_evaluation_that_a_requirement_is_named_after_has_one_place(reviewed):
    known = anchors.of_dossier(reviewed)
    assert known["performance"].kind == "requirement"


@pytest.mark.parametrize("id", ["M-999", "", "nowhere", "M-001 "])
def test_a_place_that_is_not_there_is_refused(reviewed, id):
    with pytest.raises(UsageError, match="no such place"):
        anchors.checked(anchors.of_dossier(reviewed), id)
