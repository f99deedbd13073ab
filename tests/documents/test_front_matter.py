"""What a card says of the model on the Hub is about that model."""

from tests.policy.test_gate import changed
from tests.strategies import good_record

from cardwright import documents


def test_results_on_the_hub_are_those_of_the_model_of_the_card():
    record = good_record()
    bound = next(e for e in record.evaluations if e.binding is not None)
    other = changed(record, bound.id, binding=bound.binding.model_copy(update={"model_sha256": "e" * 64}))
    mine, theirs = (
        documents.render(documents.Edition(record=r), document="model_card", format="markdown") for r in (record, other)
    )
    assert b"model-index" in mine
    assert b"model-index" not in theirs
