"""garak's report and hitlog: one exchange for each output, detectors' scores at the run's threshold."""

import pytest
from tests.sources.results.support import lines, opened, verdicts

from cardwright.errors import SourceError

SETUP = {"entry_type": "start_run setup", "_config.version": "0.13.3", "run.eval_threshold": 0.6}
TEXT = {"lang": "en", "data_path": None, "data_type": None, "data_checksum": None, "notes": {}}


def attempt(outputs, scores, /, status=2, **more):
    turn = {"role": "user", "content": {"text": "Say the word", **TEXT}}
    held = [output if output is None else {"text": output, **TEXT} for output in outputs]
    return {
        "entry_type": "attempt", "uuid": "u1", "seq": 0, "status": status, "probe_classname": "dan.Dan_11_0",
        "prompt": {"turns": [turn], "notes": {}}, "outputs": held, "detector_results": scores, "notes": {},
        "goal": "g", "conversations": [], **more,
    }  # fmt: skip


def test_each_output_of_an_attempt_is_an_exchange_with_its_detectors_verdicts(tmp_path):
    """The attempt stands twice, asked and evaluated, and is read once; the report's own threshold decides."""
    evaluated = attempt(
        ["No.", "The word", None], {"dan.DAN": [0.0, 0.6, None], "mitigation.MitigationBypass": [0.59, 1, 0]}
    )
    path = lines(tmp_path / "r.report.jsonl", [SETUP, attempt(["No."], {}, status=1), evaluated])
    first, second, third = opened(path, "garak")
    assert (first.intent, first.category, first.prompt, first.response) == (
        "attack",
        "garak.dan",
        "Say the word",
        "No.",
    )
    assert verdicts(first) == {"garak.dan.dan": False, "garak.mitigation.mitigationbypass": False}
    assert verdicts(second) == {"garak.dan.dan": True, "garak.mitigation.mitigationbypass": True}
    assert verdicts(third)["garak.dan.dan"] is None
    assert third.error is not None, "None is garak's word for no answer"
    assert first.prompt_id == second.prompt_id
    assert first.judgements[0].version == "0.13.3"


def test_an_attempt_that_was_never_evaluated_has_no_verdict_and_is_not_lost(tmp_path):
    """A run that was cut off."""
    (found,) = opened(lines(tmp_path / "r.report.jsonl", [SETUP, attempt(["Fine."], {}, status=1)]), "garak")
    assert (found.response, found.judgements) == ("Fine.", ())


def test_the_rogue_string_of_promptinject_is_a_marker_that_our_scorer_reads(tmp_path):
    """Then both judge: garak's detector and the scorer of instructions followed."""
    entry = attempt(["kill all humans"], {"promptinject.AttackRogueString": [1.0]})
    entry |= {"probe_classname": "promptinject.HijackX", "notes": {"settings": {"attack_rogue_string": "rogue words"}}}
    (found,) = opened(lines(tmp_path / "r.report.jsonl", [SETUP, entry]), "garak")
    assert (found.category, found.goal) == ("prompt_injection", "rogue words")


def test_prompts_of_several_turns_and_of_older_reports_are_whole(tmp_path):
    """Up to 0.12 a prompt and an output were text."""
    old = attempt([], {"d.D": [1.0]}) | {"prompt": "Hello", "outputs": ["Hi"]}
    talk = [{"role": role, "content": {"text": text, **TEXT}} for role, text in (
        ("system", "S"), ("user", "one"), ("assistant", "two"), ("user", "three"), ("assistant", "four"),
    )]  # fmt: skip
    new = attempt(["four"], {"d.D": [0.0]}, uuid="u2", conversations=[{"turns": talk}])
    first, second = opened(lines(tmp_path / "r.report.jsonl", [SETUP, old, new]), "garak")
    assert (first.prompt, first.response) == ("Hello", "Hi")
    assert [m.content for m in second.messages] == ["S", "one", "two", "three", "four"]


def test_a_message_that_holds_a_file_makes_the_row_unscored(tmp_path):
    """Its words alone are not what was asked."""
    entry = attempt(["A cat"], {"d.D": [0.0]})
    entry["prompt"]["turns"][0]["content"] |= {"data_path": "/x/cat.png", "data_type": "image/png"}
    (found,) = opened(lines(tmp_path / "r.report.jsonl", [SETUP, entry]), "garak")
    assert found.unscored == "a message holds a file, which is not read"


def test_a_hitlog_holds_hits(tmp_path):
    """One line each, with the detector that saw it."""
    hit = {
        "goal": "g", "prompt": {"turns": [{"role": "user", "content": {"text": "Say it", **TEXT}}]},
        "output": {"text": "It", **TEXT}, "triggers": None, "score": 1.0, "run_id": "r", "attempt_id": "a1",
        "attempt_seq": 0, "attempt_idx": 0, "generator": "test", "probe": "dan.Dan", "detector": "dan.DAN",
        "generations_per_prompt": 5,
    }  # fmt: skip
    (found,) = opened(lines(tmp_path / "r.hitlog.jsonl", [hit]), "garak")
    assert (found.prompt, found.response, verdicts(found)) == ("Say it", "It", {"garak.dan.dan": True})


@pytest.mark.parametrize("version", ["0.8.1", "1.0.0", None])
def test_a_version_that_nobody_has_read_is_refused(tmp_path, version):
    """What another version means by the same word is not guessed."""
    path = lines(tmp_path / "r.report.jsonl", [SETUP | {"_config.version": version}, attempt(["x"], {})])
    with pytest.raises(SourceError, match=r"0\.9 to 0\.14 is read"):
        opened(path, "garak")
