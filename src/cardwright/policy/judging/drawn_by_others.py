"""Whether a scorer's errors are known from a sample that others than the plan's author have drawn, and labelled."""

from __future__ import annotations

from typing import Literal

from cardwright.policy.judging.case_under_review import CaseUnderReview
from cardwright.record import drawn_sample
from cardwright.record.calibration import Calibration
from cardwright.record.claim import same_name, same_person
from cardwright.record.drawn_sample import SampleChain, SampleStatement

Calibrating = Literal["drawn", "independent"]
LEAST_LABELLERS = 2
"""So many people have to label independently: of one alone nobody knows with whom they would agree."""
LEAST_AGREEMENT = 0.4
"""Krippendorff's alpha of their labels has to be at least this: below it, labels say more of labellers than of answers."""


def drawn_by_others(
    calibration: Calibration | None, asked: Calibrating, review: CaseUnderReview, scored: float | None
) -> str | None:
    """Why a calibration is not as independent as a policy asks; None where it is.

    The author is a key, as everywhere: without somebody's signature for having written the plan, nobody is known to be another.
    The commitment may be the author's own; it has to be signed, and of at least as many rows as the rate is over (`scored`).
    """
    if calibration is None:
        return "the calibration that it rests on is not in the record"
    chain = calibration.chain
    if chain is None or chain.nonce is None:
        return "its scorer's sample was drawn by the author, and the policy asks for somebody else's nonce"
    if chain.commitment.sha256 not in review.case.samples:
        return f"its rows were committed as {chain.commitment.person}, by a key that is not believed here"
    if scored is None:
        return "it does not state the number of cases, which has to be no more than were committed"
    if scored > chain.commitment.cases:
        return f"it rests on {scored:g} cases, and {chain.commitment.cases} were committed for its scorer's sample"
    if not review.authors:
        return "nobody has signed the plan as its author, so nobody who drew or labelled the sample is known to be somebody else"
    problem = _own(chain.nonce, review)
    if problem is not None:
        return f"the nonce that drew its scorer's sample {problem}"
    if None in (chain.commitment.source, chain.commitment.language, chain.commitment.expires):
        return "its commitment does not say source, language and expiry, so nobody but the author has signed over them"
    strange = next((one for one in chain.labels if one.sha256 not in review.case.samples), None)
    if strange is not None:
        return f"labels of its scorer's sample {_unknown(strange)}"
    if asked == "drawn":
        return None
    people: list[SampleStatement] = []
    for one in chain.labels:
        problem = "were given by a program" if one.labelled_by != "human" else _own(one, review)
        if problem is not None:
            return f"labels of its scorer's sample {problem}"
        known = review.case.samples[one.sha256]  # as the trust file has it: a second key of one person has the same id
        if not any(same_person(known, other) for other in people):
            people.append(known)
    if len(people) < LEAST_LABELLERS:
        return f"its scorer's sample was labelled by {len(people)} person, and the policy asks for {LEAST_LABELLERS}"
    if len(people) < len(chain.labels):
        # They would outvote the others, agree with themselves, and stand for somebody who was left out.
        return f"{len(people)} people have labelled its scorer's sample {len(chain.labels)} times"
    return _left_out(chain) or _disagreeing(chain)


def _left_out(chain: SampleChain) -> str | None:
    """Why labels may be missing; whoever sees them before counting could leave out those that do not suit."""
    planned = chain.commitment.labellers
    if planned is None:
        return "its commitment does not say how many would label its scorer's sample, so labels may have been left out"
    if len(chain.labels) < planned:
        return f"{planned} were to label its scorer's sample, and labels of {len(chain.labels)} are in it"
    return None


def _disagreeing(chain: SampleChain) -> str | None:
    found = drawn_sample.krippendorff(
        [one.labels for one in chain.labels], [n for n, _ in drawn_sample.cases_of(chain)]
    )
    if found is None:
        return "whether those who labelled its scorer's sample agree beyond chance is undefined"
    if found[0] < LEAST_AGREEMENT:
        return f"those who labelled its scorer's sample agree too little: alpha {found[0]:.2f}, below {LEAST_AGREEMENT}"
    return None


def _own(statement: SampleStatement, review: CaseUnderReview) -> str | None:
    """Why a statement is nobody else's: not believed, or the author's."""
    known = review.case.samples.get(statement.sha256)
    if known is None:
        return _unknown(statement)
    stated = review.record.provenance.author
    if any(same_person(known, author) for author in review.authors) or (
        stated is not None and same_name(known.person, stated)
    ):
        return f"signed by {known.person}, who wrote the plan or made the dossier"
    return None


def _unknown(statement: SampleStatement) -> str:
    return f"signed as {statement.person}, by a key that is not believed here"
