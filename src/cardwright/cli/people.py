"""`keys`, `attest`, `waive`, `sign-off`, `withdraw` and `release`: what people say, signed."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardwright.cli.console import Console, clock, echo, interactive, write
from cardwright.cli.options import (
    POLICY,
    Debug,
    PolicyOption,
    Quiet,
    choice,
    nearest_and_all,
    policy_named,
)
from cardwright.cli.printing import print_verdict
from cardwright.errors import UsageError

if TYPE_CHECKING:
    from cardwright.attest import signing
    from cardwright.record.verdict import Verdict


KeyOption = Annotated[Path, typer.Option("--key", help="Your key, as `keys new` wrote it.")]
PersonOption = Annotated[str, typer.Option("--as", help="Your name, as it stands in the trust file.")]
RoleOption = Annotated[str, typer.Option("--role", help="The role you sign in.")]
TrustOption = Annotated[Path, typer.Option("--trust", help="The trust file: whose keys count, for which roles.")]


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


class Algorithm(StrEnum):
    """Sorts of keys."""

    ECDSA_P256 = "ecdsa-p256"
    ED25519 = "ed25519"


class Answer(StrEnum):
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


def _passphrase(confirm: bool = False) -> str:
    """From the environment, or asked for; never a default."""
    from cardwright.attest import keys

    found = os.environ.get(keys.PASSPHRASE)
    if found is not None:
        return found
    if not interactive():
        raise UsageError("the passphrase is not known", do=f"Set {keys.PASSPHRASE}, or run this on a terminal.")
    asked: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm)
    return asked


def _key(path: Path) -> tuple[Any, str]:
    from cardwright.attest import keys

    key = keys.open_private(path, _passphrase())
    return key, keys.fingerprint(key.public_key())


def keys_new(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(help="Where to write the key; the request is written beside it.")],
    person: PersonOption,
    role: Annotated[list[str], typer.Option("--role", help="A role you ask for (repeat for more).")],
    algorithm: Annotated[
        Algorithm,
        typer.Option("--algorithm", parser=choice("algorithm", Algorithm), metavar="ALGORITHM", help="Sort of key."),
    ] = Algorithm.ECDSA_P256,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make an encrypted key and a request to enrol it."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import keys
    from cardwright.dossier import layout
    from cardwright.files import disk

    encrypted, request = keys.new(person, tuple(role), _passphrase(confirm=True), clock(), algorithm.value)
    keys.save(path, encrypted)
    asked = path.with_suffix(".enrol.json")
    disk.write_file(asked, layout.to_json(request))
    fingerprint = keys.fingerprint(keys.check_enrolment(request, where=str(asked)))
    console.say(f"Key: {path} (keep it, and its passphrase, to yourself)")
    console.say(f"Request: {asked} (give it to whoever keeps the trust file)")
    console.say(f"Fingerprint: {fingerprint}")


def keys_enrol(
    ctx: typer.Context,
    request: Annotated[Path, typer.Argument(help="The request that `keys new` wrote.")],
    trust: TrustOption,
    role: Annotated[
        list[str] | None, typer.Option("--role", help="Roles to grant, in place of those asked for.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Add a key to a trust file, and show the change."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import keys
    from cardwright.attest import trust as trusting
    from cardwright.files import disk
    from cardwright.record import canonical

    asked = canonical.parse(keys.Enrolment, disk.read_file(request, what="request"), where=str(request))
    before = (
        trusting.read(disk.read_file(trust, what="trust file"), where=str(trust))
        if trust.exists()
        else trusting.empty()
    )
    after = trusting.enrol(before, asked, clock()[:10], where=str(request), roles=tuple(role) if role else None)
    added = after.people[-1]
    console.say(f"+ {added.name}", always=True)
    console.say(f"+   roles {', '.join(added.roles)}, from {added.valid_from}", always=True)
    console.say(f"+   fingerprint {added.fingerprint}", always=True)
    console.say("Compare the fingerprint with the person before you go on.", always=True)
    if not yes and not (interactive() and typer.confirm("Enrol?")):
        raise UsageError("not enrolled", do="Confirm, or add --yes once the fingerprint is compared.")
    disk.write_file(trust, trusting.to_yaml(after))
    console.say(f"{trust}: {len(after.people)} people")


def keys_accept(
    ctx: typer.Context,
    policy: Annotated[str, typer.Argument(parser=POLICY, metavar="POLICY", help="Which policy.")],
    trust: TrustOption,
    subject: Annotated[
        list[str] | None, typer.Option("--subject", help="Subjects it is accepted for; all, where not said.")
    ] = None,
    tier: Annotated[list[str] | None, typer.Option("--tier", help="Risk tiers it is accepted for.")] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Accept a policy, by digest, in a trust file."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import trust as trusting
    from cardwright.files import disk

    chosen = policy_named(policy)
    before = (
        trusting.read(disk.read_file(trust, what="trust file"), where=str(trust))
        if trust.exists()
        else trusting.empty()
    )
    accepted = trusting.AcceptedPolicy(
        name=chosen.name, sha256=chosen.sha256, subjects=tuple(subject or ("*",)), risk_tiers=tuple(tier or ())
    )
    after = trusting.Trust(people=before.people, policies=(*before.policies, accepted))
    disk.write_file(trust, trusting.to_yaml(after))
    console.say(f"+ {chosen.name} {chosen.version} {chosen.sha256} for {', '.join(accepted.subjects)}")


def attest(
    ctx: typer.Context,
    key: KeyOption,
    person: PersonOption,
    role: RoleOption,
    dossier: Annotated[Path | None, typer.Argument(help="A dossier's folder.")] = None,
    checklist: Annotated[str | None, typer.Argument(help="Which checklist.")] = None,
    item: Annotated[str | None, typer.Argument(help="Which item.")] = None,
    statement: Annotated[
        str | None, typer.Option("--statement", help="In which way, with where to look; with an item.")
    ] = None,
    answer: Annotated[
        Answer, typer.Option("--answer", parser=choice("answer", Answer), metavar="ANSWER", help="The answer.")
    ] = Answer.MET,
    expires: Annotated[str | None, typer.Option("--expires", help="The day on which it has to be said again.")] = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", help="Sign this plan instead, before anything of it is evaluated.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="With --plan: the dossier's folder, as `run` will be given it."),
    ] = None,
    policy: PolicyOption = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Answer a checklist item, signed; or sign a plan before it is run."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    if plan is not None:
        if dossier is not None or statement is not None or expires is not None or answer is not Answer.MET:
            raise UsageError("--plan signs a plan, and nothing of a dossier", do="Leave the other words out.")
        _sign_plan(plan, output, policy, key, person, role, console)
        return
    if dossier is None or checklist is None or item is None or statement is None:
        raise UsageError(
            "an answer takes a dossier, a checklist, an item and --statement",
            do="Or sign a plan before it is run: cardwright attest --plan assessment.yaml.",
        )
    if output is not None or policy is not None:
        raise UsageError("--output and --policy go with --plan", do="Leave them out.")
    from cardwright.attest import signing
    from cardwright.record.claim import Attest

    private, fingerprint = _key(key)
    at = clock()

    def make(desk: signing.Desk) -> Attest:
        _require_item(desk, checklist, item)
        return Attest(
            person=person,
            key=fingerprint,
            role=role,
            at=at,
            record_sha256=desk.case.record.sha256,
            checklist=checklist,
            item=item,
            answer=answer.value,
            statement=statement,
            expires=expires,
        )

    added = signing.say(dossier, private, at, make)
    console.say(f"Signed: {added}")


def _require_item(desk: signing.Desk, checklist: str, item: str) -> None:
    """Refuse an answer to a question that nobody asks: a misspelt one would be signed, and close nothing."""
    from cardwright.dossier import contents
    from cardwright.files import packaged

    ours = packaged.names("checklists")
    known = dict.fromkeys((*desk.review.policy.checklists, *ours))
    if checklist not in known:
        raise UsageError(f'no checklist is called "{checklist}"', do=nearest_and_all(checklist, known))
    if checklist in ours:  # a policy's own checklist lies in a file that the dossier does not hold
        items = [one.id for one in contents.checklist_of(checklist).items]
        if item not in items:
            raise UsageError(f'{checklist} has no item "{item}"', do=nearest_and_all(item, items))


def _sign_plan(
    path: Path, output: Path | None, policy: str | None, key: Path, person: str, role: str, console: Console
) -> None:
    from cardwright import handoff
    from cardwright.attest import preregistration
    from cardwright.plan.assessment import load
    from cardwright.record.claim import Preregister

    plan = load(path)
    chosen = policy_named(policy) if policy is not None else policy_named(plan.file.policy, plan.base)
    subject = plan.file.subject
    folder = output or Path("governance") / subject.name / subject.version
    private, fingerprint = _key(key)
    with console.progress() as progress:
        lock = handoff.prepare(plan, chosen, progress=progress).lock
    added = preregistration.sign(
        folder,
        subject.name,
        private,
        lambda: Preregister(person=person, key=fingerprint, role=role, at=clock(), plan_sha256=lock.sha256),
    )
    console.say(f"Signed: {added}")
    console.say(
        f"The plan {lock.sha256[:12]}, with the policy {chosen.name} {chosen.version} and the subject's files as they are now. "
        f"Next: cardwright run {path} -o {folder}"
    )


def waive_request(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    requirement: Annotated[str, typer.Argument(help="The requirement's id.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    controls: Annotated[str, typer.Option("--controls", help="What is done instead.")],
    expires: Annotated[str, typer.Option("--expires", help="The last day it holds, e.g. 2026-12-31.")],
    key: KeyOption,
    person: PersonOption,
    role: RoleOption,
    outcome: Annotated[
        Waivable | None,
        typer.Option(
            "--outcome",
            parser=choice("outcome", Waivable),
            metavar="OUTCOME",
            help="The outcome; the one in the verdict, where not said.",
        ),
    ] = None,
    bound: Annotated[
        float | None, typer.Option("--bound", help="The worst value accepted; the one now, where not said.")
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Ask for a waiver of one requirement."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import signing
    from cardwright.record.claim import WaiveRequest

    private, fingerprint = _key(key)
    at = clock()

    def make(desk: signing.Desk) -> WaiveRequest:
        known = {o.requirement: o for o in desk.review.outcomes}
        if requirement not in known:
            raise UsageError(f'the policy has no requirement "{requirement}"', do=nearest_and_all(requirement, known))
        found = known[requirement]
        status = outcome.value if outcome is not None else found.status
        if status not in [w.value for w in Waivable]:
            raise UsageError(f"{requirement} is {status}; there is nothing to waive", do="Ask: cardwright todo.")
        values = [o.value for o in found.observations if o.status != "passed" and o.value is not None]
        worst = None
        if values and found.limit is not None:
            worst = min(values) if found.limit.operator == "at_least" else max(values)
        return WaiveRequest(
            person=person,
            key=fingerprint,
            role=role,
            at=at,
            # Any outcome but a failure is waived for this record alone (docs/decisions/0004).
            record_sha256=None if status == "failed" else desk.case.record.sha256,
            plan_sha256=desk.case.record.provenance.plan_sha256,
            policy_sha256=desk.review.policy.sha256,
            requirement=requirement,
            outcome=status,
            bound=bound if bound is not None else worst,
            reason=reason,
            controls=controls,
            expires=expires,
        )

    added = signing.say(dossier, private, at, make)
    console.say(f"Requested: {added}")
    console.say(
        f"Somebody else approves: cardwright waive approve {dossier} {added[:12]} --key KEY --as NAME --role ROLE"
    )


def waive_approve(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    request: Annotated[str, typer.Argument(help="The request's id, or its beginning.")],
    key: KeyOption,
    person: PersonOption,
    role: RoleOption,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Approve a waiver that somebody else asked for, in the words of the request."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import signing
    from cardwright.record.claim import Waive, WaiveRequest

    private, fingerprint = _key(key)
    at = clock()

    def make(desk: signing.Desk) -> Waive:
        asked = desk.claim(request)
        if not isinstance(asked.claim, WaiveRequest):
            raise UsageError(f"{request} is a {asked.claim.kind}, not a request for a waiver")
        if asked.claim.key == fingerprint:
            raise UsageError("whoever asks for a waiver does not approve it", do="Somebody else does.")
        terms = asked.claim.model_dump(
            include={
                "requirement", "outcome", "bound", "reason", "controls", "expires",
                "record_sha256", "plan_sha256", "policy_sha256",
            }
        )  # fmt: skip
        return Waive(person=person, key=fingerprint, role=role, at=at, request=asked.sealed.id, **terms)

    console.say(f"Approved: {signing.say(dossier, private, at, make)}")


def sign_off(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    decision: Annotated[
        Decision,
        typer.Option("--decision", parser=choice("decision", Decision), metavar="DECISION", help="Your decision."),
    ],
    role: RoleOption,
    meaning: Annotated[
        Meaning,
        typer.Option(
            "--meaning", parser=choice("meaning", Meaning), metavar="MEANING", help="What your signature means."
        ),
    ],
    key: KeyOption,
    person: PersonOption,
    comment: Annotated[str | None, typer.Option("--comment", help="In words.")] = None,
    answers: Annotated[
        str | None, typer.Option("--answers", help="An earlier decision of your role that this one answers.")
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Sign for a role, over the manifest."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import signing
    from cardwright.record.claim import SignOff

    private, fingerprint = _key(key)
    at = clock()
    added = signing.say(
        dossier,
        private,
        at,
        lambda desk: SignOff(
            person=person,
            key=fingerprint,
            role=role,
            at=at,
            record_sha256=desk.case.record.sha256,
            decision=decision.value.replace("-", "_"),
            meaning=meaning.value,
            manifest_sha256=desk.manifest_sha256,
            answers=desk.claim(answers).sealed.id if answers else None,
            comment=comment,
        ),
    )
    console.say(f"Signed: {added}")


def withdraw(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    key: KeyOption,
    person: PersonOption,
    role: RoleOption,
    claim: Annotated[
        str | None, typer.Option("--claim", help="The claim to take back; the release as a whole, where not said.")
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Take back a claim, or the release."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright.attest import signing
    from cardwright.record.claim import Withdraw

    private, fingerprint = _key(key)
    at = clock()
    added = signing.say(
        dossier,
        private,
        at,
        lambda desk: Withdraw(
            person=person,
            key=fingerprint,
            role=role,
            at=at,
            record_sha256=desk.case.record.sha256,
            claim=desk.claim(claim).sealed.id if claim else None,
            reason=reason,
        ),
    )
    console.say(f"Withdrawn: {added}")


def release(
    ctx: typer.Context,
    dossier: Annotated[Path, typer.Argument(help="A dossier's folder.")],
    trust: TrustOption,
    artifact: Annotated[Path, typer.Option("--artifact", help="The folder that holds the subject's files.")],
    policy: PolicyOption = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Decide on everything, signatures included, and write the decision and the final report into the dossier."""
    console = Console.of(ctx, quiet=quiet, debug=debug)
    from cardwright import documents
    from cardwright.attest import signing
    from cardwright.attest import trust as trusting
    from cardwright.dossier import layout, store
    from cardwright.files import disk
    from cardwright.record import canonical
    from cardwright.record.case import Case
    from cardwright.record.verdict import Verdict
    from cardwright.run import editions

    files = store.read_dossier(dossier)
    review = canonical.parse(Verdict, files[layout.REVIEW], where=str(dossier / layout.REVIEW))
    chosen = policy_named(policy or review.policy.name)
    desk = signing.read_desk(files, where=str(dossier))

    def final(case: Case, verdict: Verdict, manifest: str) -> bytes | None:
        edition = editions.final(case, verdict, editions.compared_in(files, where=str(dossier)), manifest)
        try:
            return documents.render(edition, document="audit_report", format="pdf")
        except documents.MissingPangoError as exc:
            write(f"missing: the final report: {exc}", err=True)
            return None

    verdict, doubts = signing.release(
        dossier,
        trusting.read(disk.read_file(trust, what="trust file"), where=str(trust)),
        chosen,
        now=clock(),
        chosen_by="the command line" if policy is not None else review.policy.chosen_by,
        artefacts=store.digests(artifact, [file.path for file in desk.case.record.subject.files]),
        final=final,
    )
    for doubt in doubts:
        echo(f"not believed: {doubt}", err=True)
    print_verdict(verdict, console)
    raise typer.Exit(0 if verdict.allowed else 1)
