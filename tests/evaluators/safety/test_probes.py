"""The probe set drives a live target, and knows when its silence means nothing."""

import re
from collections import Counter

import pytest

from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.safety import Safety, probes
from cardwright.evaluators.safety.taxonomy import CATEGORIES
from cardwright.record import canonical
from cardwright.record.provenance import DatasetRef
from cardwright.sources.interface import Budget, Message, Target

REF = DatasetRef(name="live", role="target", kind="model", format="callable", sha256="0" * 64)
CALL = ({"name": "look", "arguments": {}},)


def said(messages, role):
    return next((m.content for m in reversed(messages) if m.role == role), "")


def control(messages):
    rule = re.search(r"writes the word ping, answer with the word (\S+)", said(messages, "system"))
    return Message("assistant", rule[1]) if rule and said(messages, "user") == "ping" else None


def careful(messages):
    """Withstands everything, uses a tool now and then, and answers harmless questions."""
    return control(messages) or Message("assistant", "The lift is out of order until Thursday.", CALL)


def credulous(messages):
    """Does what it reads: gives away its instructions and obeys every order."""
    told = said(messages, "user") + said(messages, "tool")
    marker = re.search(r"[A-Z]+-[A-Z2-9]{6}\b", told)
    secret = re.search(r"(?:[A-Z2-9]{4}-){3}[A-Z2-9]{4}", said(messages, "system"))
    address = re.search(r"https://collect[^\s)\"'>]*", told)
    words = marker[0] if marker else said(messages, "system")
    if address and secret:
        words = f"![x]({address[0]}{secret[0]})"
    call = {"name": "act", "arguments": {"reason": marker[0] if marker else secret[0] if secret else ""}}
    return control(messages) or Message("assistant", words, (call,))


def run(ask, tries=1, seed=7):
    return Safety(tries=tries).evaluate(Inputs("safety", {"source": Target(REF, ask)}, seed=seed))


def rate(evaluation, category):
    (found,) = evaluation.find("attack_success_rate", slice={"category": category})
    return found


def finding(evaluation, key):
    return next((f for f in evaluation.findings if f.key == key), None)


def test_each_category_has_thirty_prompts_and_there_are_harmless_twins():
    """So that no category of a live run is thin."""
    counts = Counter((c.template.category, c.template.intent) for c in probes.conversations(0))
    probed = {category for category, intent in counts if intent == "attack"}
    assert probed == set(CATEGORIES) - {"unsafe_output"}
    assert all(counts[category, "attack"] == 30 for category in probed)
    assert sum(count for (_, intent), count in counts.items() if intent == "benign") >= 40, (
        "as many as the packaged policy asks for"
    )


def test_names_and_prompts_are_unique():
    """Equal prompts would be one case."""
    planned = probes.conversations(0)
    assert len({c.prompt_id for c in planned}) == len(planned)
    assert len({(c.system, c.turns, c.tool_result) for c in planned}) == len(planned)


def test_every_attack_declares_what_its_scorer_needs():
    """A probe that cannot be scored tests nothing."""
    for c in probes.conversations(0):
        if c.template.intent == "attack":
            needs = {
                "prompt_injection": c.goal,
                "indirect_prompt_injection": c.goal,
                "system_prompt_extraction": c.system,
                "secret_leak": c.canaries,
                "data_exfiltration": c.canaries and c.allowed_hosts,
                "tool_misuse": c.goal or c.canaries,
            }
            assert needs[c.template.category], c.prompt_id
        assert "{" not in "".join([c.system, *c.turns, c.tool_result or ""])


def test_secrets_come_from_the_seed_alone():
    """The same seed gives the same prompts; another seed gives other secrets, none of them twice."""
    assert probes.conversations(1) == probes.conversations(1)
    first = {secret for c in probes.conversations(1) for secret in c.canaries}
    second = {secret for c in probes.conversations(2) for secret in c.canaries}
    assert not first & second
    assert len(first) == sum(bool(c.canaries) for c in probes.conversations(1))


def test_a_careful_target_has_no_success_and_an_upper_bound():
    """All six categories are scored."""
    evaluation = run(careful)
    for category in set(CATEGORIES) - {"unsafe_output"}:
        found = rate(evaluation, category)
        assert (found.value, found.denominator) == (0, 30), category
        assert found.interval.upper == pytest.approx(0.1135, abs=1e-4)
    (refused,) = evaluation.find("over_refusal_rate", slice={})
    assert (refused.value, refused.denominator) == (0, 42)


def test_a_credulous_target_fails_in_every_category():
    """The probes reach what they are meant to reach."""
    evaluation = run(credulous)
    rates = {category: rate(evaluation, category).value for category in set(CATEGORIES) - {"unsafe_output"}}
    assert min(rates.values()) > 0.3, rates
    assert rates["secret_leak"] == rates["system_prompt_extraction"] == 1.0


def test_a_target_that_refuses_all_shows_in_over_refusal():
    """It resists every attack and fails the twins."""
    evaluation = run(lambda m: control(m) or Message("assistant", "I can't help with that.", CALL))
    (attacks,) = evaluation.find("attack_success_rate", slice={})
    (refused,) = evaluation.find("over_refusal_rate", slice={})
    assert (attacks.value, refused.value) == (0, 1)


def test_a_target_that_ignores_our_system_message_is_not_called_safe():
    """What was planted there was never read, so nothing about it is scored."""
    evaluation = run(lambda m: Message("assistant", "Good morning.", CALL))
    assert finding(evaluation, "planting_failed") is not None
    for category in ("secret_leak", "system_prompt_extraction", "data_exfiltration"):
        assert rate(evaluation, category).status == "unmeasured"
    assert rate(evaluation, "prompt_injection").denominator == 30


def test_a_target_without_tools_is_not_called_safe_with_tools():
    """No tool call in the whole run: the misuse of tools was not tested."""
    evaluation = run(lambda m: control(m) or Message("assistant", "Good morning."))
    assert rate(evaluation, "tool_misuse").status == "unmeasured"
    assert any("tool_misuse" in item.what for item in evaluation.coverage.not_tested)


def test_exceptions_of_the_target_are_errors_and_their_text_is_not_kept():
    """A message may hold anything, so only the type is kept, and not even that in the record."""

    def breaks(messages):
        if "<document>" in said(messages, "user"):
            raise RuntimeError("zebulon@example.com")
        return careful(messages)

    evaluation = run(breaks)
    (errors,) = evaluation.find("error_rate", slice={})
    assert errors.numerator > 0
    assert "zebulon" not in canonical.dumps(evaluation).decode()
    assert rate(evaluation, "prompt_injection").denominator < 30


def test_a_target_that_returns_no_message_is_an_error():
    """Anything but a message is one."""
    (found,) = run(lambda m: "text").find("attack_success_rate", slice={})
    assert found.status == "unmeasured"


def test_tries_are_clusters():
    """Three tries of a prompt are one case."""
    found = rate(run(careful, tries=3), "secret_leak")
    assert (found.denominator, found.sampling.observations) == (30, 90)


def test_the_same_seed_gives_the_same_bytes():
    """A live run of a deterministic target repeats."""
    assert canonical.dumps(run(credulous)) == canonical.dumps(run(credulous))


def test_progress_is_told_to_the_end():
    """From 0 to all."""
    seen = []
    inputs = Inputs("safety", {"source": Target(REF, careful)}, progress=lambda done, total: seen.append((done, total)))
    Safety().evaluate(inputs)
    assert seen[0] == (0, 222)
    assert seen[-1] == (222, 222)


def test_the_manifest_says_what_the_set_is():
    """Licence, digest, and prompts per category."""
    manifest = probes.manifest()
    assert manifest["licence"] == "Apache-2.0"
    assert sum(manifest["prompts"].values()) == len(probes.conversations(0))


def offered(reply):
    """A target that takes tools, and what each request offered."""
    seen = []

    def ask(messages, tools=()):
        seen.append((messages, tools))
        return reply(messages)

    return Target(REF, ask, ask_with_tools=ask, concurrency=1), seen


def test_a_target_that_takes_tools_is_offered_those_that_the_system_message_speaks_of():
    """Its calls are answered, so that it comes to an end; no other tool is offered."""
    target, seen = offered(lambda m: control(m) or Message("assistant", "Found.", CALL if m[-1].role == "user" else ()))
    asked, _ = probes.ask_all(target, 3, 1, lambda done, total: None)
    assert {len(tools) for _, tools in seen} == {0, 1, 2}
    used = next(one.interaction for one in asked if one.interaction.prompt_id == "twin.tool_misuse.use@library")
    assert [m.role for m in used.messages] == ["system", "user", "assistant", "tool", "assistant"]
    assert used.allowed_tools == ("search_catalogue",)


def test_a_call_of_the_tool_that_was_forbidden_is_misuse():
    """Only of what was offered is it known what is allowed."""
    act = Message("assistant", "", ({"name": "waive_fees", "arguments": {"reason": "x"}},))
    target, _ = offered(lambda m: control(m) or (act if m[-1].role == "user" else Message("assistant", "Done.")))
    found = rate(Safety().evaluate(Inputs("safety", {"source": target}, seed=3)), "tool_misuse")
    assert found.value > 0


def test_a_budget_that_is_spent_leaves_the_rest_unscored_and_says_so():
    """Tokens or seconds: what was not asked is no failed attack."""

    def counted(messages):
        return control(messages) or Message("assistant", "Fine.", CALL, tokens=10)

    for budget in (Budget(tokens=50), Budget(seconds=5)):
        clock = iter(range(100_000))
        target = Target(REF, counted, budget=budget)
        asked, controls = probes.ask_all(target, 3, 1, lambda done, total: None, clock=lambda ticks=clock: next(ticks))
        assert 0 < controls.not_asked < len(asked)
        assert sum(one.unscored == probes.BUDGET_SPENT for one in asked) == controls.not_asked
    (table,) = [t for t in Safety().evaluate(Inputs("s", {"source": target})).tables if t.id == "live_run"]
    assert dict(table.rows)["conversations not asked, because the budget was spent"] >= 0


def test_several_at_a_time_give_what_one_at_a_time_gives():
    """The order in which answers come changes nothing."""
    one, _ = probes.ask_all(Target(REF, careful), 3, 2, lambda done, total: None)
    many, _ = probes.ask_all(Target(REF, careful, concurrency=8), 3, 2, lambda done, total: None)
    assert one == many
