"""Only the same bytes prove a document; another toolchain neither proves nor accuses, and nobody signs on it."""

import pytest

from cardwright.attest.reproduction import Reproduction
from cardwright.errors import IntegrityError, ToolchainError

ELSEWHERE = (("audit_report.pdf", "pango 1.50.12, here 1.56.3"),)


def test_documents_that_were_all_made_again_byte_for_byte_may_be_signed():
    Reproduction(same=("model_card.md", "audit_report.pdf")).must_be_exact(where="out")


def test_another_toolchain_is_refused_with_the_image_that_holds_the_right_one():
    with pytest.raises(ToolchainError, match="not reproduced here: made with other libraries") as caught:
        Reproduction(same=("model_card.md",), elsewhere=ELSEWHERE).must_be_exact(where="out")
    assert caught.value.exit_code == 1
    assert "pango 1.50.12, here 1.56.3" in str(caught.value)
    assert "docker build" in str(caught.value)
    assert "changed" not in str(caught.value)


def test_a_document_that_reads_otherwise_is_refused_as_evidence_whatever_made_it():
    changed = (("model_card.html", "made again, the bytes differ"),)
    with pytest.raises(IntegrityError, match="not what the record gives") as caught:
        Reproduction(elsewhere=ELSEWHERE, changed=changed).must_be_exact(where="out")
    assert caught.value.exit_code == 3
