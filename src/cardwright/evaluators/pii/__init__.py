"""Where personal data and secrets are in tables, texts and interactions; how much of it, and where nobody could look.

presidio-analyzer, offline, with recognisers of our own for secrets. Read in this order: `measure` (what is asked), `columns`
(what is read), `engine`, `presidio`, `fast` (what finds), `thresholds`, `entities` (what counts), `tally` (what is kept),
`report`, `findings`, `tables`, `words` (what documents print). `names` is what models of names find beside the patterns, and
`unseen` what nothing sees. `text.scan_text` is the detector alone.
"""

from __future__ import annotations

from typing import ClassVar

from cardwright.evaluators.interface import Inputs, Need
from cardwright.evaluators.pii.options import PiiOptions
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import DetectorCalibrated, Interactions, NerModels, Predictions, Table, Texts


class Pii(PiiOptions):
    """Personal data and secrets by kind and column: counts, rates with intervals, masked examples.

    Parameters
    ----------
    entities
        The kinds to look for, as presidio names them (`EMAIL_ADDRESS` …); None is all that are installed.
    thresholds
        From a kind to the score from which on a hit counts, where it shall differ from the table in `entities.py`.
    columns
        The columns to read, of interactions the parts (`system`, `prompt`, `response`, `tool_calls`); None is all that can be.
    countries
        The countries whose own numbers are looked for (`us`, `uk`, `de` …); None is presidio's choice for English (the United
        States, and the British NHS number) and the countries of the languages that the texts are in, an empty list is none.
    sample
        How many rows to read, chosen by a keyed hash of their number; None is all rows.
    engine
        `fast`, or `stock` for presidio's own engine; both find the same, and `fast` shows it on a sample.
    ner_model
        Models that find names of people, places and organisations: a folder or an installed package, or several. Nothing is
        downloaded. A plan names them under `ner_model:`, as a source, so that the record holds their digest.
    planted
        How many generated values of each kind and region are planted into texts of the data, to count how many are found;
        0 is none.
    max_examples
        Masked examples of a finding, at most.
    level
        Confidence level of the intervals.
    """

    name: ClassVar[str] = "pii"
    version: ClassVar[str] = "3.0.0"
    extra: ClassVar[str] = "text"
    needs: ClassVar[tuple[Need, ...]] = (
        Need("source", (Table, Predictions, Texts, Interactions), "rows, texts or interactions to look through"),
        Need("calibration", (DetectorCalibrated,), "what the detector finds and misses on marked texts", optional=True),
        Need("ner_model", (NerModels,), "models that find names, places and organisations in texts", optional=True),
    )

    def reads_here(self, inputs: Inputs) -> tuple[str, ...]:
        """See `cardwright.evaluators.interface.reads_here`."""
        asked = {
            "it looks at a sample of the rows, by their place": self.sample is not None,
            "models of names stay on this machine": self.ner_model is not None or "ner_model" in inputs.sources,
            "it reads interactions": isinstance(inputs.sources["source"], Interactions),
        }
        return tuple(why for why, here in asked.items() if here)

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        UsageError
            If a parameter is out of range, or names a kind, a country or a column that does not exist.
        MissingExtraError
            If presidio-analyzer, pyarrow or scipy is not installed.
        EvidenceError
            If the detector fails on a cell; the message says how long the cell is, and nothing it holds.
        """
        from cardwright.evaluators.pii.measure import assess

        return assess(self, inputs)


__all__ = ["Pii"]
