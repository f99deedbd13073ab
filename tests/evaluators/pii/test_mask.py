"""A masked example shows sort and shape, and nothing that could be anybody's data."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from cardwright.evaluators.pii.mask import length_class, mask
from cardwright.record.base import Example


def test_shapes():
    assert [
        mask("EMAIL_ADDRESS", "jane.doe@example.co.uk"),
        mask("EMAIL_ADDRESS", "j@ex.io"),
        mask("IBAN_CODE", "DE89370400440532013000"),
        mask("URL", "https://example.org/a/b/c/d/e/f/g?q=jane"),
        mask("GITHUB_TOKEN", "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"),
        mask("PHONE_NUMBER", "٠١٢٣٤٥٦٧"),
    ] == [
        "EMAIL_ADDRESS j***@e***.***.*** (21 to 40 characters)",
        "EMAIL_ADDRESS ***@***.*** (6 to 10 characters)",
        "IBAN_CODE *** (21 to 40 characters)",
        "URL ***://***.***/***/***/***… (21 to 40 characters)",
        "GITHUB_TOKEN ***_*** (21 to 40 characters)",
        "PHONE_NUMBER *** (6 to 10 characters)",
    ]


@given(st.sampled_from(["EMAIL_ADDRESS", "PHONE_NUMBER", "URL", "PASSWORD"]), st.text(min_size=1, max_size=300))
def test_no_run_of_two_letters_or_digits_stays(kind, text):
    shape = mask(kind, text).removeprefix(f"{kind} ").rsplit(" (", 1)[0]
    assert not re.search(r"[^\W_]{2}", shape)
    assert len(re.findall(r"[^\W_]", shape)) <= (2 if kind == "EMAIL_ADDRESS" else 0)
    assert len(shape) < 120
    TypeAdapter(Example).validate_python(shape)


def test_length_classes_have_no_gap():
    words = [length_class(n) for n in range(1, 200)]
    assert list(dict.fromkeys(words)) == ["1 to 5", "6 to 10", "11 to 20", "21 to 40", "41 to 100", "over 100"]
