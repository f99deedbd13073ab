"""The next actions that rules propose. Where the plan and the dossier are, only the command line knows: they stay blank here."""

from __future__ import annotations

from cardwright.record.verdict import Blank, NextAction

PLAN, DOSSIER, DETAILS = Blank(blank="plan"), Blank(blank="dossier"), Blank(blank="details")
KEY, NAME, ROLE = Blank(blank="key"), Blank(blank="name"), Blank(blank="role")

RUN = NextAction(kind="command", argv=("cardwright", "run", PLAN))
COMMIT = NextAction(kind="command", argv=("git", "commit", "--all"))
COMPARE_ARTIFACT = NextAction(
    kind="command", argv=("cardwright", "gate", DOSSIER, "--artifact", Blank(blank="artifact"))
)


def edit_plan(*fields: str) -> NextAction:
    """Change these keys of the plan."""
    return NextAction(kind="edit", file=PLAN, fields=fields)


def edit_details(*fields: str) -> NextAction:
    """Fill in these fields of the details."""
    return NextAction(kind="edit", file=DETAILS, fields=fields)


def _one_of(roles: tuple[str, ...]) -> str | Blank:
    return roles[0] if len(roles) == 1 else ROLE


def attest(checklist: str, item: str, roles: tuple[str, ...]) -> NextAction:
    """Answer an item of a checklist, in one of these roles, or in any if there are none."""
    words = ("cardwright", "attest", DOSSIER, checklist, item, "--statement", Blank(blank="statement"))
    role = _one_of(roles)
    return NextAction(
        kind="command",
        argv=(*words, "--role", role, "--as", NAME, "--key", KEY),
        role=role if isinstance(role, str) else None,
    )


def attest_plan(roles: tuple[str, ...]) -> NextAction:
    """Sign the plan before it is run, in one of these roles."""
    role = _one_of(roles)
    return NextAction(
        kind="command",
        argv=("cardwright", "attest", "--plan", PLAN, "-o", DOSSIER, "--role", role, "--as", NAME, "--key", KEY),
        role=role if isinstance(role, str) else None,
    )


def sign_off(role: str, meaning: str, answers: str | None = None) -> NextAction:
    """Approve in a role; `answers` is the id of an earlier decision of that role."""
    words = ("cardwright", "sign-off", DOSSIER, "--role", role, "--decision", "approve", "--meaning", meaning)
    named = ("--answers", answers) if answers is not None else ()
    return NextAction(kind="command", argv=(*words, *named, "--as", NAME, "--key", KEY), role=role)
