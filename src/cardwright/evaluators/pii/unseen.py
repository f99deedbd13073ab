"""What nothing that looks can see, and why: told from what is looked for and from the models that the plan names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cardwright.evaluators.pii.announced_errors import MEASURED, MEASURED_ON, said
from cardwright.evaluators.pii.entities import MEANT
from cardwright.evaluators.pii.names import kinds_of
from cardwright.record.evaluation import NotTested
from cardwright.record.measurement import ScorerError
from cardwright.sources.interface import NerModel

NO_MODEL = "no form tells them; that takes a model of the language, and the plan names none under `ner_model`"
_MEANT = (
    ("names of people", ("PERSON",)),
    ("places and postal addresses", ("LOCATION", "STREET_ADDRESS")),
    ("organisations, and nationality, religion or politics", ("ORGANIZATION", "NRP")),
)
_ALWAYS = (
    ("ages, dates of birth that no word announces, job titles, and what identifies only in combination", "no pattern tells them"),
    ("columns whose headings are codes, or words of a language that is not known", "a heading that says nothing is no evidence"),
    ("texts in other languages than English", "context words of numbers are English; forms such as e-mail addresses are found"),
    ("images, sound and files inside cells", "only text is read"),
)  # fmt: skip


def unseen(models: Sequence[NerModel], languages: Sequence[str] = ()) -> Iterator[NotTested]:
    """What is not seen, the gravest first.

    A model sees some names and misses others, so that names stay on the list whatever models there are.

    Parameters
    ----------
    models
        The models that look.
    languages
        Codes of the languages of the texts beside English, as far as they were told.
    """
    for words, kinds in _MEANT:
        sought = [kind for kind in kinds if kind in kinds_of(models)]
        lacking = [kind for kind in kinds if kind not in sought]
        if sought:
            yield NotTested(
                what=f"{words} that the named models do not find ({', '.join(sought)})",
                why="a model misses some, and how many depends on texts and language; "
                "`cardwright calibrate pii` counts it on marked texts",
            )
        if lacking:
            told = [kind for kind in lacking if kind in MEASURED]
            yield NotTested(
                what=f"{words}{' that no word beside them announces' if told else ''} ({', '.join(lacking)})",
                why=("no named model has a label for them" if models else NO_MODEL)
                + (f"; words announce few of them: on {MEASURED_ON}, {'; '.join(map(said, told))}" if told else ""),
            )
    known = {model.language for model in models if model.language}
    strange = [language for language in languages if known and language not in known]
    if strange:
        yield NotTested(
            what=f"names in texts in other languages than the models' ({', '.join(sorted(known))}): {', '.join(strange)}",
            why="a model finds what it was trained for; name one of each language of the texts",
        )
    for what, why in _ALWAYS:
        yield NotTested(what=what, why=why)


def who_says(kind: str | None, models: Sequence[NerModel]) -> ScorerError | None:
    """Whose judgement a rate or count of a kind is; None for a kind that has a form.

    That nothing of a kind is found whose names are mostly not seen is no evidence that there is none: such a number can fail a
    requirement, and never passes one.
    """
    if kind not in MEANT:
        return None
    if kind in kinds_of(models):
        return ScorerError(name="ner_model", why="a model finds some and misses others")
    return ScorerError(
        name="announced", why="only what words announce is seen" + (f" ({said(kind)})" if kind in MEASURED else "")
    )


__all__ = ["NO_MODEL", "unseen", "who_says"]
