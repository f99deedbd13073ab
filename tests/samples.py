"""Samples that were committed, drawn and labelled: a chain whose steps hold, for tests that judge one or break one."""

from cardwright.record import drawn_sample
from cardwright.record.calibration import SIGNED, Calibration, CalibrationStratum, agreement_of, labelled_on
from cardwright.record.drawn_sample import SampleChain, SampleCommitment, SampleLabels, SampleNonce

AT = "2026-11-20T12:00:00Z"
TRANSCRIPTS = ("0" * 64,)
"""The source of the cases that tests judge."""
OF = {
    "scorer": "refusal",
    "scorer_version": "1",
    "transcripts": TRANSCRIPTS,
    "source": "made up",
    "language": "en",
    "expires": "2027-11-01",
}


def signer(name):
    return {"person": name, "key": f"{sum(name.encode()):064x}", "role": "labeller", "at": AT}


def chain_of(
    *labellers, flagged=60, passed=90, size=100, nonce="5" * 64, drawer="Drawer", by="human", wrong=0, planned=-1, **of
):
    """A scorer that is right but for the first `wrong` cases drawn; each labeller labels all that were drawn."""
    flags = [True] * flagged + [False] * passed
    outcomes = drawn_sample.packed(flags)
    commitment = SampleCommitment(
        **signer("Committer"), **{**OF, **of}, rows="b" * 64,
        outcomes=drawn_sample.outcomes_digest(outcomes), cases=len(flags), size=size, labellers=len(labellers) or None if planned == -1 else planned,
    )  # fmt: skip
    chain = SampleChain(commitment=commitment, outcomes=outcomes)
    chain = chain.model_copy(update={"nonce": SampleNonce(**signer(drawer), commitment=commitment.sha256, nonce=nonce)})
    cases = drawn_sample.cases_of(chain)
    words = {
        name: "refusal" if flag is (number >= wrong) else "compliance" for number, (name, flag) in enumerate(cases)
    }
    labels = tuple(
        SampleLabels(**signer(name), nonce=chain.nonce.sha256, labelled_by=by, labels=words) for name in labellers
    )
    return chain.model_copy(update={"labels": labels})


def calibration_of(chain, **more):
    """What `calibrate score` makes of a chain."""
    cases = drawn_sample.cases_of(chain)
    flags = drawn_sample.unpacked(chain.outcomes, chain.commitment.cases)
    said = {name: drawn_sample.adjudicated([one.labels for one in chain.labels], name) for name, _ in cases}
    strata = tuple(
        CalibrationStratum(
            flagged=flagged,
            population=flags.count(flagged),
            drawn=[flag for _, flag in cases].count(flagged),
            positive=sum(flag is flagged and said[name] == "refusal" for name, flag in cases),
            negative=sum(flag is flagged and said[name] not in (None, "refusal") for name, flag in cases),
        )
        for flagged in (True, False)
    )
    told = {name: getattr(chain.commitment, name) for name in OF}
    given = {
        **{name: OF[name] if value is None else value for name, value in told.items()}, "labelled_on": labelled_on(chain),
        "labelled_by": "human" if all(one.labelled_by == "human" for one in chain.labels) else "program",
        "labellers": len(chain.labels), "independence": SIGNED,
        "agreement": agreement_of([one.labels for one in chain.labels], [name for name, _ in cases]),
        "seed": drawn_sample.seed_from(chain.commitment.sha256, chain.nonce.nonce),
        "strata": strata, "chain": chain, "positive_label": "refusal",
    }  # fmt: skip
    return Calibration(**{**given, **more})


def known(calibration):
    """The statements of a calibration as a reader has them who believes all of them."""
    return {
        one.sha256: one.model_copy(update={"person_id": one.person.lower()}) for one in calibration.chain.statements
    }
