"""The card that fits on one screen of the Hub: the decision, what it is for and not for, and its limits as one picture.

The picture is a file beside it, since the Hub shows no drawing inside a page. Everything else is in the audit that it links to.
"""

from __future__ import annotations

import re
from typing import Any

from cardwright.documents.interface import Document, Edition
from cardwright.documents.view import DocumentView, FieldView

SORT = Document("short_card", "Model card", {"markdown": "short_card.md.j2"})
"""It stands in no dossier: it is made where a model is published."""
FIGURE = "limits.svg"
"""The picture's file, beside the card."""
_FIELDS = ("intended_use", "dataset_uses", "out_of_scope", "limitations")
_MOST = 360


def context(seen: DocumentView, edition: Edition) -> dict[str, Any]:
    """What its template sees beside what every template does."""
    return {
        "short": tuple(
            (field, _beginning(field)) for field in seen.fields if field.spec.name in _FIELDS and field.provided
        ),
        "whole_card": "dataset_card.html" if edition.record.subject.kind == "dataset" else "model_card.html",
    }


def _beginning(field: FieldView) -> str:
    """An answer, or its first sentences where it is longer than a few lines, and that it goes on.

    No sentence is cut: half of one can say the opposite of the whole.
    """
    text = " ".join(((field.answer.text if field.answer is not None else None) or "").split())
    if len(text) <= _MOST:
        return text
    # Neither "e.g." nor "z. B." ends a sentence, though a German noun follows it with a capital letter.
    found = (end.end() for end in re.finditer(r"(?<=\w{3})[.!?](?= )", text))
    ends = [end for end in found if text[end + 1 :].lstrip("\"'„“«»([")[:1].isupper()]
    fitting = [end for end in ends if end <= _MOST] or ends[:1]
    return f"{text[: fitting[-1]]} […]" if fitting else text
