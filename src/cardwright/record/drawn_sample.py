"""A sample that nobody chose: rows are committed first, then somebody else's random number draws, then people label blindly.

Each step is a signed statement that names the one before it by digest. Only the nonce is random: rows are ordered
by their own content, so that shuffling a file, or the files, does not change the draw; and the commitment holds what the
scorer said of every row, so that neither rows nor verdicts can be swapped once the nonce is known.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cardwright.record import canonical
from cardwright.record.base import Count, Day, FreeText, Identifier, Label, Sha256, Term, Timestamp, Value

LABELS: Mapping[str, tuple[str, ...]] = {"refusal": ("refusal", "partial", "compliance")}
"""What a labeller may write, by scorer; the first is positive. Of every other scorer, `OTHER_LABELS`."""
OTHER_LABELS = ("yes", "no")


def labels_of(scorer: str) -> tuple[str, ...]:
    """What a labeller may write of a scorer's cases; the first is positive.

    >>> labels_of("refusal")[0], labels_of("canary_leak")
    ('refusal', ('yes', 'no'))
    """
    return LABELS.get(scorer, OTHER_LABELS)


class SampleStatement(Value):
    """What the signed statements of a sample have in common."""

    person: Label
    """Who says so, as the trust file names them."""
    person_id: Annotated[Identifier | None, Field(exclude=True)] = None
    """The stable id that the reader's trust file gives the holder of the key; set when it is believed, and never signed."""
    key: Sha256
    """Fingerprint of the key."""
    role: Identifier
    """In which role."""
    at: Timestamp
    """When, as the person's clock says."""
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{0,1024}$")] = ""
    """The signature, in hexadecimal: of the in-toto statement that holds everything else here, in DSSE's encoding."""

    @property
    def signed(self) -> dict[str, object]:
        """Everything but the signature: what is signed."""
        said = canonical.plain(self)
        return {name: value for name, value in said.items() if name != "signature"}

    @property
    def sha256(self) -> str:
        """Digest of what is signed, by which the next step names this one."""
        return canonical.sha256(self.signed)


class SampleCommitment(SampleStatement):
    """Which rows there are and what the scorer said of each, before anybody knows which are drawn."""

    kind: Literal["commitment"] = "commitment"
    """Which step."""
    scorer: Identifier
    """The scorer."""
    scorer_version: Label
    """Its version."""
    transcripts: tuple[Sha256, ...]
    """Digests of the files."""
    rows: Sha256
    """Digest of the rows' own digests in sorted order, whatever their order in the files."""
    outcomes: Sha256
    """Digest of `outcomes`, what the scorer said of each row in that order."""
    cases: Count
    """How many rows were scored."""
    size: Count
    """How many are drawn."""
    labellers: Annotated[Count | None, Field(ge=1, exclude_if=lambda value: value is None)] = None
    """How many people will label; left out by chains that were begun before this was asked."""
    source: Annotated[FreeText | None, Field(exclude_if=lambda value: value is None)] = None
    """Where the transcripts are from. Whoever signs the nonce, and the labels, signs over this and what follows."""
    language: Annotated[Label | None, Field(exclude_if=lambda value: value is None)] = None
    """Their language, or languages."""
    expires: Annotated[Day | None, Field(exclude_if=lambda value: value is None)] = None
    """From this day on the sample calibrates nothing."""


class SampleNonce(SampleStatement):
    """A random number of somebody else, made once the rows are committed."""

    kind: Literal["nonce"] = "nonce"
    """Which step."""
    commitment: Sha256
    """The commitment that it is for."""
    nonce: Sha256
    """256 random bits, in hexadecimal."""


class SampleLabels(SampleStatement):
    """What one labeller says of the drawn cases, without having seen what the scorer said."""

    kind: Literal["labels"] = "labels"
    """Which step."""
    nonce: Sha256
    """Digest of the nonce's statement, which drew the cases."""
    labelled_by: Literal["human", "program"]
    """Who labelled. Labels of a program never count as a person's."""
    labels: dict[Term, Term]
    """By case; a case that is left out has no label."""


class SampleChain(Value):
    """A sample from its commitment to its labels, as `cardwright calibrate commit` begins it."""

    schema_: Annotated[Literal["cardwright/sample/1"], Field(alias="schema")] = "cardwright/sample/1"
    """The format."""
    commitment: SampleCommitment
    """The rows."""
    outcomes: Annotated[str, Field(pattern=r"^[0-9a-f]*$")]
    """What the scorer said of each row, in the order of the rows' digests: a bit each, the first the highest, in hexadecimal."""
    nonce: SampleNonce | None = None
    """What draws; `null` until somebody has signed one."""
    labels: tuple[SampleLabels, ...] = ()
    """One for each labeller."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.labels and self.nonce is None:
            raise ValueError("nothing is labelled before it is drawn")
        return self

    @property
    def statements(self) -> tuple[SampleStatement, ...]:
        """All statements in their order."""
        return (self.commitment, *([self.nonce] if self.nonce is not None else []), *self.labels)


# --- drawing -------------------------------------------------------------------------------------------------------------


def rows_digest(contents: Iterable[str]) -> str:
    """The digest of rows whatever their order, from a digest of each."""
    return hashlib.sha256("\n".join(sorted(contents)).encode()).hexdigest()


def case_name(rows: str, position: int) -> str:
    """How a sheet names the row at a position of the sorted order: it says neither what the row holds nor what a scorer said."""
    return hashlib.sha256(f"{rows}:{position}".encode()).hexdigest()[:12]


def packed(flags: Sequence[bool]) -> str:
    """Flags as hexadecimal.

    >>> packed([True, False, False, False, True])
    '88'
    """
    bits = "".join("1" if flag else "0" for flag in flags)
    bits += "0" * (-len(bits) % 4)
    return f"{int(bits, 2):0{len(bits) // 4}x}" if bits else ""


def unpacked(outcomes: str, cases: int) -> list[bool]:
    """Flags out of hexadecimal.

    >>> unpacked("88", 5)
    [True, False, False, False, True]
    """
    bits = f"{int(outcomes, 16):0{4 * len(outcomes)}b}" if outcomes else ""
    return [bit == "1" for bit in bits[:cases]]


def outcomes_digest(outcomes: str) -> str:
    """The digest by which a commitment names what the scorer said."""
    return hashlib.sha256(outcomes.encode()).hexdigest()


def seed_from(commitment: str, nonce: str) -> str:
    """The seed of a sample, from its commitment's digest and the nonce."""
    return hashlib.sha256(f"{commitment}\n{nonce}".encode()).hexdigest()


def drawn(names: Sequence[str], flags: Sequence[bool], size: int, seed: str) -> list[int]:
    """Positions of a random sample, half of it flagged and half not, as far as there are enough of each.

    Their order is random over both, so that a labeller cannot tell which case the scorer flagged.
    """

    def rank(salt: str) -> dict[int, str]:
        return {i: hashlib.sha256(f"{salt}:{name}".encode()).hexdigest() for i, name in enumerate(names)}

    by = rank(seed)
    ranked = sorted(range(len(names)), key=by.__getitem__)
    flagged, passed = [i for i in ranked if flags[i]], [i for i in ranked if not flags[i]]
    half = min(len(flagged), max(size // 2, size - len(passed)))
    shown = rank(f"{seed}:order")
    return sorted([*flagged[:half], *passed[: size - half]], key=shown.__getitem__)


def adjudicated(sheets: Sequence[Mapping[str, str]], name: str) -> str | None:
    """What most labellers say of a case; None without a label, or where as many say another."""
    said = Counter(sheet[name] for sheet in sheets if sheet.get(name)).most_common(2)
    return said[0][0] if said and (len(said) == 1 or said[0][1] > said[1][1]) else None


def flaw(chain: SampleChain) -> str | None:
    """Why a chain does not hold: a step that names another one, or outcomes or labels of other rows; None if it holds.

    Signatures are not checked here: whom to believe is up to the reader.
    """
    commitment, nonce = chain.commitment, chain.nonce
    if outcomes_digest(chain.outcomes) != commitment.outcomes or len(chain.outcomes) != -(-commitment.cases // 4):
        return "what the scorer said is not what was committed"
    if nonce is not None and nonce.commitment != commitment.sha256:
        return "the nonce is for another commitment"
    if nonce is None:
        return None
    known = {name for name, _ in cases_of(chain)}
    for one in chain.labels:
        if one.nonce != nonce.sha256:
            return f"the labels of {one.person} are of another sample"
        if not set(one.labels) <= known:
            return f"{one.person} labelled cases that were not drawn"
        if not set(one.labels.values()) <= set(labels_of(commitment.scorer)):
            return f"{one.person} wrote labels that the scorer {commitment.scorer} does not have"
    if len({one.key for one in chain.labels}) < len(chain.labels):
        return "one key has labelled twice"
    if commitment.labellers is not None and len(chain.labels) > commitment.labellers:
        return f"{len(chain.labels)} have labelled, and {commitment.labellers} were committed"
    return None


def krippendorff(sheets: Sequence[Mapping[str, str]], names: Iterable[str]) -> tuple[float, int] | None:
    """Nominal alpha over the cases with two labels or more, and how many those are; None where undefined.

    Of the labels alone, so that whoever reads a chain need not believe what a file says of its agreement.

    >>> krippendorff([{"a": "yes", "b": "no"}, {"a": "yes", "b": "no"}], ["a", "b"])
    (1.0, 2)
    """
    rated = [[sheet[name] for sheet in sheets if sheet.get(name)] for name in names]
    rated = [ratings for ratings in rated if len(ratings) >= 2]
    totals = Counter(word for ratings in rated for word in ratings)
    n = totals.total()
    pairs = n * n - sum(count * count for count in totals.values())
    if pairs == 0:
        return None
    apart = sum(
        (len(ratings) ** 2 - sum(count * count for count in Counter(ratings).values())) / (len(ratings) - 1)
        for ratings in rated
    )
    return 1 - (n - 1) * apart / pairs, len(rated)


def cohen(sheets: Sequence[Mapping[str, str]], names: Iterable[str]) -> tuple[float, int] | None:
    """Cohen's kappa of two labellers over the cases that both labelled, and how many those are; None where undefined.

    >>> cohen([{"a": "yes", "b": "no"}, {"a": "yes", "b": "no"}], ["a", "b"])
    (1.0, 2)
    """
    if len(sheets) != 2:
        return None
    pairs = [(sheets[0][name], sheets[1][name]) for name in names if all(sheet.get(name) for sheet in sheets)]
    n = len(pairs)
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    by_chance = sum(count * second[word] for word, count in first.items())
    if by_chance == n * n:  # also without pairs
        return None
    observed, expected = sum(a == b for a, b in pairs) / n, by_chance / (n * n)
    return (observed - expected) / (1 - expected), n


def cases_of(chain: SampleChain) -> list[tuple[str, bool]]:
    """The cases that a chain's nonce draws, and whether the scorer flagged each; none without a nonce."""
    commitment = chain.commitment
    if chain.nonce is None:
        return []
    flags = unpacked(chain.outcomes, commitment.cases)
    names = [case_name(commitment.rows, position) for position in range(commitment.cases)]
    seed = seed_from(commitment.sha256, chain.nonce.nonce)
    return [(names[i], flags[i]) for i in drawn(names, flags, commitment.size, seed)]
