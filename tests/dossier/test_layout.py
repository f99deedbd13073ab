"""The manifest lists every file that is signed, by digest, and none that speaks of the manifest."""

from hypothesis import given
from hypothesis import strategies as st
from tests.policy.test_gate import P
from tests.strategies import NOW, good_case

from cardwright.dossier import layout
from cardwright.policy.gate import decide
from cardwright.record import Record, canonical

ASIDE = {"manifest.json", "verdict.json", "claims.jsonl", "ledger.jsonl", "release.json", "final/audit_report.pdf"}
NAMES = st.sampled_from(["model_card.md", "evidence/run.json", "record.json", *sorted(ASIDE)])


@given(st.dictionaries(NAMES, st.binary(max_size=20), max_size=6))
def test_the_manifest_has_every_file_but_those_that_speak_of_it(files):
    manifest = layout.manifest_of(files)
    assert {entry.path: (entry.sha256, entry.size) for entry in manifest.files} == {
        name: (canonical.digest(data), len(data)) for name, data in files.items() if name not in ASIDE
    }


@given(st.dictionaries(NAMES, st.binary(max_size=20), max_size=6))
def test_the_order_in_which_files_were_made_changes_no_manifest(files):
    backwards = dict(reversed(files.items()))
    assert layout.to_json(layout.manifest_of(backwards)) == layout.to_json(layout.manifest_of(files))


def test_the_digest_of_a_written_value_is_that_of_its_file():
    record = good_case().record
    data = layout.to_json(record)
    assert canonical.digest(data) == record.sha256 == canonical.parse(Record, data, where="record.json").sha256


def test_the_evidence_of_a_case_is_its_record_plan_run_and_the_verdict_on_them():
    case = good_case()
    review = decide(case, P, NOW, "review")
    files = layout.evidence_of(case, review)
    assert {*files} == {layout.RECORD, layout.PLAN, layout.RUN, layout.REVIEW}
    assert canonical.digest(files[layout.REVIEW]) == review.sha256
