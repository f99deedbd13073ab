"""What rules propose to do are commands that the command line has, with blanks where only it knows what to fill in."""

import pytest

from cardwright.policy.judging import next_actions
from cardwright.record.verdict import Blank

PROPOSED = {
    "run": next_actions.RUN,
    "compare": next_actions.COMPARE_ARTIFACT,
    "attest": next_actions.attest("rai", "one", ("risk",)),
    "attest in any role": next_actions.attest("rai", "one", ()),
    "attest the plan": next_actions.attest_plan(("risk", "owner")),
    "sign off": next_actions.sign_off("owner", "approval"),
    "answer": next_actions.sign_off("owner", "approval", "a" * 12),
}


@pytest.mark.parametrize("action", PROPOSED.values(), ids=PROPOSED)
def test_every_command_that_is_proposed_has_the_options_that_it_is_given(action):
    import typer.main

    from cardwright.cli.main import app

    program, *words = action.argv
    assert program == "cardwright"
    command = typer.main.get_command(app())
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    options = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words if isinstance(word, str) and word.startswith("-")} <= options


@pytest.mark.parametrize(("roles", "said"), [((), None), (("risk",), "risk"), (("risk", "owner"), None)])
def test_a_role_is_named_only_where_no_other_would_do(roles, said):
    for action in (next_actions.attest("rai", "one", roles), next_actions.attest_plan(roles)):
        assert action.role == said
        assert action.argv[action.argv.index("--role") + 1] == (said or Blank(blank="role"))


def test_an_approval_answers_an_earlier_decision_only_where_there_is_one():
    plain, answering = PROPOSED["sign off"].argv, PROPOSED["answer"].argv
    assert "--answers" not in plain
    assert answering[answering.index("--answers") + 1] == "a" * 12
    assert [word for word in answering if word not in ("--answers", "a" * 12)] == [*plain]


def test_an_edit_names_its_file_by_a_blank_and_the_keys_in_their_order():
    for action, blank in ((next_actions.edit_plan("b", "a"), "plan"), (next_actions.edit_details("b", "a"), "details")):
        assert (action.kind, action.file, action.fields, action.argv) == ("edit", Blank(blank=blank), ("b", "a"), ())


def test_nobody_is_named_by_a_rule():
    for action in PROPOSED.values():
        if "--as" in action.argv:
            assert action.argv[action.argv.index("--as") + 1] == Blank(blank="name")
            assert action.argv[action.argv.index("--key") + 1] == Blank(blank="key")
