"""Statements of answers against given passages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.evaluators.safety.support import recorded, talk

from cardwright.errors import UsageError
from cardwright.evaluators.interface import Inputs
from cardwright.evaluators.safety import Safety
from cardwright.record.evaluation import Evaluation
from cardwright.record.provenance import DatasetRef
from cardwright.sources.interface import Interaction, Model

LABELS = ("contradiction", "entailment", "neutral")


def infers(classes: tuple[str, ...] = LABELS, features: tuple[str, ...] = ("premise", "hypothesis")) -> Model:
    """Entails what stands in the premise word for word, contradicts it with "not" before its last word."""

    def predict(batch: Any) -> np.ndarray:
        rows = []
        for premise, hypothesis in zip(*(batch.column(name).to_pylist() for name in features), strict=True):
            *words, last = hypothesis.rstrip(".").split()
            denied = " ".join([*words, "not", last])
            row = {"entail": 0.1, "contra": 0.1, "neutra": 0.8}
            if hypothesis.rstrip(".") in premise:
                row = {"entail": 0.9, "contra": 0.05, "neutra": 0.05}
            elif denied in premise:
                row = {"entail": 0.05, "contra": 0.9, "neutra": 0.05}
            rows.append([row[name.lower()[:6]] for name in classes])
        return np.array(rows)

    ref = DatasetRef(name="nli", role="nli", kind="model", format="transformers", sha256="1" * 64)
    return Model(ref=ref, framework="transformers", native=None, features=features, predict=predict, classes=classes)


def answer(said: str, number: int = 1, **more: Any) -> Interaction:
    passages = more.pop("passages", ("The pool opens at nine.", "The sauna is not free."))
    return talk(said, id=f"a{number}", prompt=f"Question {number}?", intent="observed", passages=passages, **more)


def evaluate(*rows: Interaction, model: Model | None = None) -> Evaluation:
    sources: Any = {"source": recorded(rows), "nli": model or infers()}
    return Safety().evaluate(Inputs("safety", sources))


def rates(found: Evaluation) -> dict[str, tuple[float | None, float | None]]:
    names = ("supported_rate", "contradicted_rate", "not_in_passages_rate", "ungrounded_answer_rate")
    return {name: (m.value, m.denominator) for name in names for m in found.find(name)}


def test_each_statement_is_supported_contradicted_or_not_in_the_passages() -> None:
    found = evaluate(
        answer("The pool opens at nine. The sauna is free. Towels cost two francs. Anything else?"),
        answer("The pool opens at nine.", 2),
    )
    assert rates(found) == {
        "supported_rate": (pytest.approx((1 / 3 + 1) / 2), 2),
        "contradicted_rate": (pytest.approx(1 / 6), 2),
        "not_in_passages_rate": (pytest.approx(1 / 6), 2),
        "ungrounded_answer_rate": (0.5, 2),
    }
    (supported,) = found.find("supported_rate")
    assert (supported.sampling.units, supported.sampling.observations) == (2, 4)


def test_what_it_gets_wrong_is_not_known_so_that_it_passes_no_requirement() -> None:
    for one in evaluate(answer("The pool opens at nine.")).find("ungrounded_answer_rate"):
        assert (one.slice, one.scorer.calibration) == ({"scorer": "nli"}, None)


def test_a_contradiction_is_a_finding_that_shows_no_words_of_it() -> None:
    (finding,) = [f for f in evaluate(answer("The sauna is free.")).findings if f.key == "contradicted_statements"]
    assert finding.count == 1
    assert "sauna" not in " ".join(finding.examples)


def test_a_statement_across_the_border_of_two_windows_is_found_in_the_next() -> None:
    words = [f"w{n}" for n in range(400)]
    long = " ".join([*words[:119], "the", "gate", "closes", "early", *words[119:]])
    assert rates(evaluate(answer("the gate closes early", passages=(long,))))["supported_rate"] == (1, 1)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (answer("I'm sorry, but I can't help with that."), "the answer declines"),
        (answer("Really? Yes."), "the answer states nothing"),
        (answer("The pool opens at nine.", passages=()), "no passages are given, and no tool returned any"),
        (answer(""), "there is no answer"),
    ],
)
def test_an_answer_with_nothing_to_compare_is_unscored_and_says_why(row, why) -> None:
    (one,) = evaluate(row).find("ungrounded_answer_rate")
    assert one.status == "unmeasured"
    assert why in one.reason


def test_what_a_tool_returned_is_a_passage_where_none_is_declared() -> None:
    found = rates(evaluate(answer("The lift is broken today.", passages=None, tool="Note: The lift is broken today.")))
    assert found["supported_rate"] == (1, 1)


@pytest.mark.parametrize(
    "model", [infers(classes=("LABEL_0", "LABEL_1", "neutral")), infers(features=("premise", "hypothesis", "third"))]
)
def test_a_model_whose_labels_or_inputs_do_not_fit_is_refused(model) -> None:
    with pytest.raises(UsageError, match="nli"):
        evaluate(answer("The pool opens at nine."), model=model)


def test_a_folder_of_transformers_is_read_and_asked(tmp_path) -> None:
    """A network of random weights: one of three outcomes for each of two statements, whichever."""
    torch = pytest.importorskip("torch", reason="needs the transformers extra")
    transformers = pytest.importorskip("transformers", reason="needs the transformers extra")
    from cardwright.sources.models import load_model

    torch.manual_seed(1)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "pool", "opens", "at", "nine"]
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=64, id2label=dict(enumerate(LABELS)), label2id={name: n for n, name in enumerate(LABELS)},
    )  # fmt: skip
    transformers.BertForSequenceClassification(config).save_pretrained(tmp_path)
    transformers.BertTokenizer(vocab={word: n for n, word in enumerate(words)}).save_pretrained(tmp_path)
    model = load_model(tmp_path, ["premise", "hypothesis"], task="multiclass", where="nli")
    found = evaluate(answer("The pool opens at nine. It closes at ten."), model=model)
    shares = [found.find(f"{name}_rate")[0] for name in ("supported", "contradicted", "not_in_passages")]
    assert sum(one.value for one in shares) == pytest.approx(1)
    assert [one.sampling.observations for one in shares] == [2, 2, 2]
