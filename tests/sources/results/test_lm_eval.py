"""lm-eval's samples: prompts of both shapes, metrics by filter, likelihoods that answer nothing."""

import pytest
from tests.sources.results.support import lines, opened, verdicts

from cardwright.errors import SourceError


def sample(**more):
    return {
        "doc_id": 7, "doc": {"question": "2+2"}, "target": "4", "arguments": {"gen_args_0": {"arg_0": "Q: 2+2\nA:", "arg_1": {}}},
        "resps": [["It is 4"]], "filtered_resps": ["4"], "filter": "strict-match", "metrics": ["exact_match"],
        "doc_hash": "d", "prompt_hash": "p", "target_hash": "t", "exact_match": 1.0, **more,
    }  # fmt: skip


def test_an_answer_is_read_whole_and_the_metric_is_a_verdict_of_its_filter(tmp_path):
    """What the model said, not what the filter left of it."""
    (found,) = opened(lines(tmp_path / "samples_x.jsonl", [sample()]), "lm-eval", intent="observed")
    assert (found.prompt, found.response) == ("Q: 2+2\nA:", "It is 4")
    assert verdicts(found) == {"lm-eval.exact_match.strict-match": True}


def test_the_older_shape_of_arguments_and_chats_are_read(tmp_path):
    """A list of lists, and turns as JSON text."""
    chat = '[{"role": "system", "content": "S", "type": "text"}, {"role": "user", "content": "U"}]'
    rows = [sample(arguments=[["Plain", {}]]), sample(arguments=[[chat, {}]], exact_match=0.0)]
    first, second = opened(lines(tmp_path / "s.jsonl", rows), "lm-eval", intent="observed")
    assert first.prompt == "Plain"
    assert (second.system, second.prompt) == ("S", "U")
    assert verdicts(second) == {"lm-eval.exact_match.strict-match": False}


def test_likelihoods_are_no_answer(tmp_path):
    """The row is unscored, and the verdict on the choice stands."""
    row = sample(resps=[[["-2.0", "False"]], [[-0.1, True]]], metrics=["acc"], acc=1.0, filter="none")
    (found,) = opened(lines(tmp_path / "s.jsonl", [row]), "lm-eval", intent="observed")
    assert found.unscored == "likelihoods were compared, and nothing was answered"
    assert verdicts(found) == {"lm-eval.acc.none": True}


def test_a_metric_over_several_answers_is_the_verdict_of_none(tmp_path):
    """pass@k speaks of all of them together."""
    found = opened(lines(tmp_path / "s.jsonl", [sample(resps=[["a", "b"]])]), "lm-eval", intent="observed")
    assert [(one.response, one.judgements) for one in found] == [("a", ()), ("b", ())]


def test_samples_of_before_0_4_are_refused(tmp_path):
    """They name no metrics."""
    row = {key: item for key, item in sample().items() if key not in ("metrics", "doc_hash")}
    with pytest.raises(SourceError, match=r"0\.4 is read"):
        opened(lines(tmp_path / "s.jsonl", [row]), "lm-eval", intent="observed")
