"""`attest`, `waive`, `sign-off`, `countersign` and `withdraw`: what people say, signed."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardwright.cli.console import Console, OwnDigest, clock, interactive
from cardwright.cli.keyring import KeyOption, PersonOption, RoleOption, TrustOption, YesOption, opened_key, trust_file
from cardwright.cli.options import Debug, PolicyOption, Quiet, choice, policy_named
from cardwright.cli.other_dossiers import baseline_of, linked_dossiers
from cardwright.cli.printing import rerender
from cardwright.errors import UsageError

if TYPE_CHECKING:
    from cardwright.attest.under_review import DossierUnderReview
    from cardwright.record.claim import Claim

DossierArgument = Annotated[Path, typer.Argument(help="A dossier's folder.")]


class Decision(StrEnum):
    """What a sign-off decides."""

    APPROVE = "approve"
    REQUEST_CHANGES = "request-changes"
    REJECT = "reject"


class Meaning(StrEnum):
    """What a signature means."""

    AUTHORSHIP = "authorship"
    REVIEW = "review"
    APPROVAL = "approval"
    RESPONSIBILITY = "responsibility"


class ItemAnswer(StrEnum):
    """Answers to a checklist item."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_APPLICABLE = "not_applicable"


class Waivable(StrEnum):
    """Outcomes that can be waived."""

    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    MISSING = "missing"
    ERROR = "error"
    STALE = "stale"


def said(
    dossier: Path,
    key: Path,
    trust: Path,
    person: str,
    role: str,
    make: Callable[[DossierUnderReview, dict[str, Any]], Claim],
    *,
    documents: bool = False,
) -> str:
    """Sign a claim over a dossier; gives its id. `make` gets the dossier, and who signs, as whom and when."""
    from cardwright.attest import keys, signing

    private = opened_key(key)
    at = clock()

    def made(reviewed: DossierUnderReview, holder: Any) -> Claim:
        fingerprint = keys.fingerprint(private.public_key())
        return make(reviewed, {"person": holder.person.name, "key": fingerprint, "role": role, "at": at})

    return signing.say(
        dossier,
        private,
        at,
        made,
        trust=trust_file(trust),
        person=person,
        role=role,
        again=rerender if documents else None,
    )


def show_what_is_signed(console: Console, reviewed: DossierUnderReview, *, yes: bool) -> None:
    """Print every digest that a signature will be over, and ask whoever is there to ask."""
    console.say("You sign over:")
    for name, digest, words in reviewed.digests:
        console.say(f"  {name:<9} ", OwnDigest(digest) if digest else "", words)
    if not yes and interactive() and not typer.confirm("Sign?"):
        raise UsageError("nothing was signed", do="Run it again once you have looked.")


def attest(
    ctx: typer.Context,
    key: KeyOption,
    person: PersonOption,
    role: RoleOption,
    trust: TrustOption,
    dossier: Annotated[Path | None, typer.Argument(help="A dossier's folder.")] = None,
    checklist: Annotated[str | None, typer.Argument(help="The checklist's name.")] = None,
    item: Annotated[str | None, typer.Argument(help="The item's id.")] = None,
    statement: Annotated[
        str | None, typer.Option("--statement", help="For an item: how it is met, and where to look.")
    ] = None,
    answer: Annotated[
        ItemAnswer, typer.Option("--answer", parser=choice("answer", ItemAnswer), metavar="ANSWER", help="The answer.")
    ] = ItemAnswer.MET,
    expires: Annotated[
        str | None, typer.Option("--expires", help="The last day this answer holds, e.g. 2026-12-31.")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", help="Sign this plan instead, before any of it is evaluated.")
    ] = None,
    as_author: Annotated[
        bool, typer.Option("--as-author", help="With --plan: say that you wrote it; another person has to agree to it.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="With --plan: the dossier folder that `run` will be given."),
    ] = None,
    policy: PolicyOption = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Sign an answer to a checklist item, or a plan.

    A plan is signed before it is run.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    if plan is not None:
        if dossier is not None or statement is not None or expires is not None or answer is not ItemAnswer.MET:
            raise UsageError("--plan signs a plan, and nothing of a dossier", do="Leave the other words out.")
        _sign_plan(plan, output, policy, key, trust, person, role, as_author, console)
        return
    if dossier is None or checklist is None or item is None or statement is None:
        raise UsageError(
            "an answer takes a dossier, a checklist, an item and --statement",
            do="Or sign a plan before it is run: cardwright attest --plan assessment.yaml.",
        )
    if output is not None or policy is not None or as_author:
        raise UsageError("--output, --policy and --as-author go with --plan", do="Leave them out.")
    from cardwright.record.claim import Attest

    def make(reviewed: DossierUnderReview, who: dict[str, Any]) -> Claim:
        return Attest(
            **who,
            record_sha256=reviewed.case.record.sha256,
            checklist=checklist,
            item=item,
            answer=answer.value,
            statement=statement,
            expires=expires,
        )

    console.say("Signed: ", OwnDigest(said(dossier, key, trust, person, role, make)))


def _sign_plan(
    path: Path,
    output: Path | None,
    policy: str | None,
    key: Path,
    trust: Path,
    person: str,
    role: str,
    as_author: bool,
    console: Console,
) -> None:
    from cardwright import handoff
    from cardwright.attest import admissible, keys, preregistration
    from cardwright.dossier.links import links_of
    from cardwright.plan.assessment import load
    from cardwright.record.claim import Preregister

    plan = load(path)
    chosen = policy_named(policy) if policy is not None else policy_named(plan.file.policy, plan.base)
    subject = plan.file.subject
    folder = output or Path("governance") / subject.name / subject.version
    private = opened_key(key)
    fingerprint = keys.fingerprint(private.public_key())
    holder = admissible.signer(trust_file(trust), fingerprint, person, role, clock())
    with console.progress() as progress:
        # What `run` will put into the lock, or the signature would be one of another plan.
        baseline, linked = baseline_of(plan), linked_dossiers(plan)
        lock = handoff.prepare(
            plan,
            chosen,
            baseline_sha256=baseline.sha256 if baseline is not None else None,
            links=links_of(linked),
            linked=linked,
            progress=progress,
        ).lock
    added = preregistration.sign(
        folder,
        subject.name,
        private,
        lambda: Preregister(
            person=holder.person.name,
            key=fingerprint,
            role=role,
            at=clock(),
            plan_sha256=lock.sha256,
            meaning="authorship" if as_author else "review",
        ),
    )
    console.say(f"Signed: {added}")
    console.say(
        f"The plan {lock.sha256[:12]}, with the policy {chosen.name} {chosen.version} and the subject's files as they are now. "
        f"Next: cardwright run {path} -o {folder}"
    )


def waive_request(
    ctx: typer.Context,
    dossier: DossierArgument,
    requirement: Annotated[str, typer.Argument(help="The requirement's id.")],
    reason: Annotated[str, typer.Option("--reason", help="The reason.")],
    controls: Annotated[str, typer.Option("--controls", help="The controls that take the requirement's place.")],
    expires: Annotated[str, typer.Option("--expires", help="The last day it holds, e.g. 2026-12-31.")],
    key: KeyOption,
    person: PersonOption,
    role: RoleOption,
    trust: TrustOption,
    outcome: Annotated[
        Waivable | None,
        typer.Option(
            "--outcome",
            parser=choice("outcome", Waivable),
            metavar="OUTCOME",
            help="The outcome to waive; if omitted, the verdict's.",
        ),
    ] = None,
    bound: Annotated[
        float | None, typer.Option("--bound", help="The worst value accepted; if omitted, the present one.")
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Request a waiver of one requirement."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import waivers

    def make(reviewed: DossierUnderReview, who: dict[str, Any]) -> Claim:
        return waivers.requested(
            reviewed,
            who,
            requirement,
            reason=reason,
            controls=controls,
            expires=expires,
            outcome=outcome.value if outcome is not None else None,
            bound=bound,
        )

    added = said(dossier, key, trust, person, role, make)
    console.say("Requested: ", OwnDigest(added))
    console.say(
        f"Somebody else approves: cardwright waive approve {dossier} {added[:12]} --key KEY --as NAME --role ROLE"
    )


def waive_approve(
    ctx: typer.Context,
    dossier: DossierArgument,
    request: Annotated[str, typer.Argument(help="The request's id, or the first characters of it.")],
    key: KeyOption,
    person: PersonOption,
    role: RoleOption,
    trust: TrustOption,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Approve a waiver that somebody else requested.

    Its terms are those of the request.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import waivers

    def make(reviewed: DossierUnderReview, who: dict[str, Any]) -> Claim:
        return waivers.approved(reviewed, who, request)

    console.say("Approved: ", OwnDigest(said(dossier, key, trust, person, role, make)))


def sign_off(
    ctx: typer.Context,
    dossier: DossierArgument,
    decision: Annotated[
        Decision,
        typer.Option("--decision", parser=choice("decision", Decision), metavar="DECISION", help="Your decision."),
    ],
    role: RoleOption,
    meaning: Annotated[
        Meaning,
        typer.Option(
            "--meaning",
            parser=choice("meaning", Meaning),
            metavar="MEANING",
            help="What your signature means; `authorship` says that you made this dossier.",
        ),
    ],
    key: KeyOption,
    person: PersonOption,
    trust: TrustOption,
    comment: Annotated[str | None, typer.Option("--comment", help="A comment on the decision.")] = None,
    answers: Annotated[
        str | None, typer.Option("--answers", help="The id of an earlier decision of your role that this one answers.")
    ] = None,
    yes: YesOption = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Sign a decision on a dossier, in a role.

    The signature covers the manifest. Every document is made again first, and must be the one in the dossier.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import under_review
    from cardwright.dossier import store
    from cardwright.record.claim import SignOff

    shown = under_review.read(store.read_dossier(dossier), where=str(dossier))
    show_what_is_signed(console, shown, yes=yes)

    def make(reviewed: DossierUnderReview, who: dict[str, Any]) -> Claim:
        if reviewed.manifest_sha256 != shown.manifest_sha256:
            raise UsageError("another dossier has been put there in the meantime", do="Look at it again.")
        return SignOff(
            **who,
            record_sha256=reviewed.case.record.sha256,
            decision=decision.value.replace("-", "_"),
            meaning=meaning.value,
            manifest_sha256=reviewed.manifest_sha256,
            answers=reviewed.claim(answers).sealed.id if answers else None,
            comment=comment,
        )

    # Who says no need not prove that the documents are the right ones.
    added = said(dossier, key, trust, person, role, make, documents=decision is Decision.APPROVE)
    console.say(f"Signed: {added}")


def countersign(
    ctx: typer.Context,
    dossier: DossierArgument,
    role: RoleOption,
    key: KeyOption,
    person: PersonOption,
    trust: TrustOption,
    yes: YesOption = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Sign the ledger as it stands when all have signed.

    A line that is left out afterwards contradicts this signature.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import under_review
    from cardwright.dossier import store
    from cardwright.record.claim import Countersign

    shown = under_review.read(store.read_dossier(dossier), where=str(dossier))
    head = under_review.common_head(shown.chain)
    for one in shown.signed:
        console.say(f"  {one.claim.at} {one.claim.kind.replace('_', ' ')} by {one.claim.person} ({one.claim.role})")
    console.say(f"Head: {head.head}, {head.length} lines")
    show_what_is_signed(console, shown, yes=yes)

    def make(reviewed: DossierUnderReview, who: dict[str, Any]) -> Claim:
        if under_review.common_head(reviewed.chain) != head:
            raise UsageError("somebody has signed something meanwhile", do="Look at it again.")
        return Countersign(
            **who,
            record_sha256=reviewed.case.record.sha256,
            manifest_sha256=reviewed.manifest_sha256,
            head=head.head,
            length=head.length,
        )

    console.say("Signed: ", OwnDigest(said(dossier, key, trust, person, role, make)))


def withdraw(
    ctx: typer.Context,
    dossier: DossierArgument,
    reason: Annotated[str, typer.Option("--reason", help="The reason.")],
    key: KeyOption,
    person: PersonOption,
    role: RoleOption,
    trust: TrustOption,
    claim: Annotated[
        str | None, typer.Option("--claim", help="The id of the claim to take back; if omitted, the release.")
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Take back a claim of yours, or the release.

    Whoever released it may, and so may the roles that the trust file lists under `withdraws`.
    """
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.record.claim import Withdraw

    def make(reviewed: DossierUnderReview, who: dict[str, Any]) -> Claim:
        return Withdraw(
            **who,
            record_sha256=reviewed.case.record.sha256,
            claim=reviewed.claim(claim).sealed.id if claim else None,
            reason=reason,
        )

    console.say("Withdrawn: ", OwnDigest(said(dossier, key, trust, person, role, make)))
