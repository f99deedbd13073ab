"""Everything Cardwright refuses, as one tree.

::

    CardwrightError              exit code
    ├── UsageError                   2      a word on the command line, or an argument, is wrong
    │   ├── PlanError                2      assessment.yaml or details.yaml is not valid
    │   ├── PolicyError              2      a policy or checklist is not valid
    │   └── TemplateError            2      a template names something that does not exist
    ├── EvidenceError                3      evidence cannot be read, or is not what it says
    │   ├── SourceError              3      a file of predictions, a table, texts
    │   ├── PersonalDataError        3      text meant for the record holds personal data or a secret
    │   ├── UnsafeError              3      reading it would run code
    │   ├── IntegrityError           3      a digest, a signature or a chain is wrong
    │   └── EngineError              3      the cluster that counts rows fails, goes away, or runs other code
    ├── MissingExtraError            3      a library of an extra is not installed
    ├── StoreError                   4      the dossier could not be written
    ├── RenderError                  4      a document could not be made
    ├── ToolchainError               1      documents were made with other libraries, so they cannot be made again here
    ├── HandoffRefusedError          1      a dossier is not a release that the receiver may use
    └── NothingToCheckError          5      no requirement applies, or there is no evidence at all

Each error is one or two sentences: what is wrong, where, and what to do. The text never holds a value from the data.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def how_to_install(extra: str = "") -> str:
    """The command that installs Cardwright with an extra, never by its bare name, which no index holds and anybody could take.

    >>> how_to_install("tabular")
    "In Cardwright's checkout: pip install '.[tabular]' (for a release: README, Install it)"
    """
    what = f"'.[{extra}]'" if extra else "."
    return f"In Cardwright's checkout: pip install {what} (for a release: README, Install it)"


class CardwrightError(Exception):
    """Anything Cardwright refuses: what is wrong, where, and what to do."""

    exit_code = 4

    def __init__(self, what: str, *, where: str | None = None, do: str | None = None) -> None:
        self.what = what
        self.where = where
        self.do = do
        super().__init__(what, where, do)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f" {self.do}" if self.do else ""
        end = "" if self.what.endswith((".", "?", "!")) else "."
        return f"{place}{self.what}{end}{remedy}"


class UsageError(CardwrightError):
    """A word on the command line, or an argument of a function, is wrong."""

    exit_code = 2


class PlanError(UsageError):
    """The plan (assessment.yaml) or the details (details.yaml) is not valid."""


class PolicyError(UsageError):
    """A policy or a checklist is not valid."""


class TemplateError(UsageError):
    """A template names something that does not exist, or does something it may not."""


class EvidenceError(CardwrightError):
    """Evidence cannot be read, or is not what it says it is."""

    exit_code = 3


class SourceError(EvidenceError):
    """A file of predictions, a table, texts or a model cannot be read as the plan says."""


class PersonalDataError(EvidenceError):
    """Text meant for the record holds personal data or a secret."""


class UnsafeError(EvidenceError):
    """Reading this evidence would run code, and nobody has allowed that."""


class IntegrityError(EvidenceError):
    """A digest, a signature, a chain or a canonical form is wrong."""


class EngineError(EvidenceError):
    """The engine that counts rows does not start, goes away, may not read them, or runs other code than this process."""


class MissingExtraError(CardwrightError):
    """A library of an optional extra is not installed."""

    exit_code = 3

    def __init__(self, library: str, extra: str, purpose: str) -> None:
        self.library = library
        self.extra = extra
        super().__init__(
            f"{purpose} needs the library {library}, which is not installed",
            do=f"{how_to_install(extra)}.",
        )


class StoreError(CardwrightError):
    """The dossier could not be written; the previous one is untouched."""


class RenderError(CardwrightError):
    """A document could not be made."""


PINNED_IMAGE = (
    "Use the image that pins them, built from the Dockerfile of the Cardwright version that made them: "
    'docker build -t cardwright . && docker run --rm -it -v "$PWD":/work -w /work cardwright …'
)
"""Where to find the libraries that documents were made with."""


class ToolchainError(CardwrightError):
    """Documents were made with other libraries, so they cannot be made again here byte for byte, nor signed for."""

    exit_code = 1

    def __init__(self, what: str, *, where: str | None = None, do: str | None = PINNED_IMAGE) -> None:
        super().__init__(what, where=where, do=do)


class HandoffRefusedError(CardwrightError):
    """A dossier is not a release that the receiver may use."""

    exit_code = 1


class NothingToCheckError(CardwrightError):
    """No requirement applies, or there is no evidence at all."""

    exit_code = 5


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word nearest to a misspelt one, or the only one that begins with it; None if none is near.

    >>> nearest("trehshold", ["label", "threshold"])
    'threshold'
    >>> nearest("annex", ["model_card", "annex_iv_technical_documentation"])
    'annex_iv_technical_documentation'
    """
    candidates = list(known)
    folded = {candidate.casefold(): candidate for candidate in candidates}
    match = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.55)
    begun = [candidate for key, candidate in folded.items() if len(word) > 2 and key.startswith(word.casefold())]
    if not match and len(begun) == 1:
        return begun[0]
    return folded[match[0]] if match else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint to end an error with: the nearest known word, or the list of all of them.

    >>> did_you_mean("lable", ["label", "score"])
    'Did you mean "label"?'
    >>> did_you_mean("q", ["label", "score"])
    'Known: label, score.'
    """
    candidates = sorted(set(known))
    match = nearest(word, candidates)
    if match is not None:
        return f'Did you mean "{match}"?'
    if not candidates:
        return ""
    shown = ", ".join(candidates[:12]) + (f" and {len(candidates) - 12} more" if len(candidates) > 12 else "")
    return f"Known: {shown}."
