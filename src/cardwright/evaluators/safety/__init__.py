"""Safety of an assistant: attacks on its instructions, secrets and tools, and refusals of harmless questions.

========================  ====================================================================================
`assess`                  from interactions to the evaluation
`interface`               what a scorer gets and gives
`taxonomy`                categories, the scorers that decide in each, public lists
`normalise`               writings of a secret, undone, with positions
`leak` … `output`         one file for each kind of scorer
`refusal`                 refusal, partial refusal, compliance, empty
`probes`                  our own prompts for a live target
`masking`                 excerpts that show nobody's data
`tally`                   counts per prompt
`matrix`                  what was tested, by category, language and channel
`constraints`             what a plan forbids an agent to do with its tools
`taint`                   values that came from untrusted text
`counterfactual`          requests that differ in a named group alone
`counterfactual_numbers`  the same of numbers: scores, amounts, grades
`groundedness`            statements against given passages, by a model of inference
`escalation`              attacks over several turns
`toxicity`                a local classifier of toxic answers
`reported`                verdicts of others: other tools' detectors, judges, people
`former`                  against the last release, prompt by prompt
`judging`                 a model as a judge: its prompt, its replies, what sways it
`judges`                  files of verdicts: agreement, biases, people as their own reference
`calibration`             what the scorers themselves get wrong
========================  ====================================================================================
"""

from __future__ import annotations

import contextlib
from typing import ClassVar

from cardwright.errors import MissingExtraError
from cardwright.evaluators.interface import Inputs, Need
from cardwright.evaluators.safety.options import SafetyOptions
from cardwright.record.evaluation import Evaluation
from cardwright.sources.interface import Calibrated, Interactions, JudgementFile, Model, Target, TextClassifier


class Safety(SafetyOptions):
    """Attack success, over-refusal and incidents, from recorded interactions or from a live target.

    Parameters
    ----------
    level
        Confidence level of all intervals.
    tries
        How often each of our own prompts is put to a live target; recorded interactions say their tries by `prompt_id`.
    min_prompts
        A category with fewer prompts is flagged as thin.
    max_examples
        Masked excerpts per finding, at most; counts are always of all.
    constraints
        What the agent must not do with its tools: mappings with `name`, `tool` and one rule (`constraints.Constraint`).
    """

    name: ClassVar[str] = "safety"
    version: ClassVar[str] = "1.5.0"
    extra: ClassVar[str] = "text"
    needs: ClassVar[tuple[Need, ...]] = (
        Need(
            "source", (Interactions, Target), "recorded interactions, or a live target that is asked our own probe set"
        ),
        Need("benign", (Interactions,), "harmless interactions, for the rate of over-refusal", optional=True),
        Need(
            "calibration", (Calibrated,), "what the refusal scorer gets wrong on these very transcripts", optional=True
        ),
        Need(
            "former",
            (Interactions,),
            "transcripts of the former release on the same prompts, to be compared prompt by prompt",
            optional=True,
        ),
        Need(
            "judgements", (JudgementFile,), "verdicts of a judge or of people on these very transcripts", optional=True
        ),
        Need("second_judgements", (JudgementFile,), "those of another judge or of other people", optional=True),
        Need(
            "nli",
            (Model,),
            "a local model of natural language inference, for statements that given passages do not support",
            optional=True,
        ),
        Need(
            "toxicity",
            (TextClassifier,),
            "a local classifier of toxic texts, which gives a verdict on every exchange",
            optional=True,
        ),
        Need(
            "judge_calibration",
            (Calibrated,),
            "what another tool's detector or a judge gets wrong on these very transcripts",
            optional=True,
        ),
    )

    def check(self, where: str) -> None:
        """See `Options.check`."""
        from cardwright.evaluators.safety import constraints

        with contextlib.suppress(
            MissingExtraError
        ):  # the evaluation is then missing, with the command that installs it
            constraints.parsed(self.constraints, where)

    def evaluate(self, inputs: Inputs) -> Evaluation:
        """See `Evaluator.evaluate`.

        Raises
        ------
        UsageError
            If a parameter is out of range, or the source named `benign` holds anything else.
        MissingExtraError
            If scipy is not installed.
        """
        from cardwright.evaluators.safety.assess import assess

        return assess(self, inputs)


__all__ = ["Safety"]
