"""What only people can say: every field a card may ask for, and the answers with who gave them and when.

`FIELDS` is the one list: the scaffold, the schema, the placeholder check, the cards and the policies all read it. Sources of
the questions: Mitchell et al. 2019 (model cards), the Hugging Face card template, CHAI's applied model card, Gebru et al. 2021
(datasheets), Google's Data Cards, and the 20 properties of Croissant RAI 1.0. A policy names the fields it needs; nobody must
fill the others.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from cardwright.errors import did_you_mean
from cardwright.record.base import Day, FreeText, Label, Value, is_placeholder

Who = Literal["model_owner", "data_owner", "product", "risk", "engineering", "legal"]
Shape = Literal["text", "entries"]


@dataclass(frozen=True)
class FieldSpec:
    """One question that a person answers."""

    name: str
    section: str
    title: str
    question: str
    good: str
    """What a helpful answer looks like."""
    bad: str
    """What does not help, and is common."""
    who: Who
    """Who should answer."""
    kinds: tuple[str, ...] = ("model", "system")
    """Kinds of subject it is asked about."""
    columns: tuple[str, ...] = ()
    """For a field of several entries: the keys of each; empty for prose."""
    optional: tuple[str, ...] = ()
    """Keys that an entry may leave out: asked for since a later version, so that what was judged before is judged alike."""
    croissant: str | None = None
    """The Croissant RAI 1.0 property it fills."""

    @property
    def shape(self) -> Shape:
        """Prose, or a list of entries."""
        return "entries" if self.columns else "text"


_ANY = ("model", "dataset", "system")
_MODEL = ("model", "system")
_DATA = ("dataset",)

_SPECS: tuple[FieldSpec, ...] = (
    # ------------------------------------------------------------------ people and purpose
    FieldSpec(
        "owners",
        "About",
        "Owners",
        "Who is responsible, in which role, and how are they reached?",
        "{name: A. Okafor, role: model owner, contact: credit-models@example.com}",
        "The team",
        "model_owner",
        _ANY,
        columns=("name", "role", "contact"),
    ),
    FieldSpec(
        "summary",
        "About",
        "Summary",
        "What is it, in two sentences that a newcomer understands?",
        "Scores home-loan applications by the probability of approval; a loan officer sees the score next to the file.",
        "State-of-the-art AI",
        "model_owner",
        _ANY,
    ),
    FieldSpec(
        "intended_use",
        "Use",
        "Intended use",
        "For which decision, by whom, at which step, is it meant?",
        "Orders the queue of complete applications for loan officers; each application is still read by a person.",
        "Credit",
        "product",
        _MODEL,
    ),
    FieldSpec(
        "users",
        "Use",
        "Intended users",
        "Who uses it, and what must they know to do so?",
        "Loan officers trained on the two-hour course; they see the score, its reasons and its limits.",
        "Everyone",
        "product",
        _MODEL,
    ),
    FieldSpec(
        "out_of_scope",
        "Use",
        "Out-of-scope uses",
        "Which uses look possible but are not supported, and why?",
        "Setting interest rates: the model was never evaluated on price.",
        "Misuse",
        "product",
        _MODEL,
    ),
    FieldSpec(
        "affected_groups",
        "Use",
        "Affected groups",
        "Who benefits, who could be harmed, and what reduces the harm?",
        "{group: first-time buyers, benefit: faster answer, harm: thin files score low, mitigation: manual second read}",
        "Users",
        "risk",
        _ANY,
        columns=("group", "benefit", "harm", "mitigation"),
    ),
    FieldSpec(
        "risks",
        "Risk",
        "Risks",
        "Which risks were considered, how was each evaluated against which threshold, and what remains?",
        "{risk: lower approval of one group, evaluated: fairness on test, threshold: gap of at most 0.1, mitigation: threshold "
        "review, residual: gap of up to 0.1, decision: accepted for the pilot, accepted_by: Head of Risk}",
        "None",
        "risk",
        _ANY,
        columns=("risk", "evaluated", "threshold", "mitigation", "residual", "decision", "accepted_by"),
        optional=("threshold",),
    ),
    FieldSpec(
        "limitations",
        "Risk",
        "Limitations",
        "Where is it known, or expected, to work less well?",
        "Applications with self-employed income: 11 % of training rows, recall 0.08 lower.",
        "No known limitations",
        "model_owner",
        _ANY,
        croissant="dataLimitations",
    ),
    FieldSpec(
        "recommendations",
        "Risk",
        "Caveats and recommendations",
        "What should whoever takes it over do about the limits?",
        "Review approvals near the threshold by hand; re-estimate yearly.",
        "Use with care",
        "model_owner",
        _ANY,
    ),
    # ------------------------------------------------------------------ how it was made
    FieldSpec(
        "training_data",
        "Making",
        "Training data",
        "What was it trained on: source, period, selection, size, rights?",
        "1,193 applications of 1990 to Boston lenders (Boston Fed HMDA study), rows with unknown income kept.",
        "Customer data",
        "data_owner",
        _MODEL,
    ),
    FieldSpec(
        "training_procedure",
        "Making",
        "Training procedure",
        "How was it trained: algorithm, settings, selection of settings?",
        "Logistic regression, L2 penalty chosen by 5-fold cross-validation on the training split.",
        "sklearn",
        "model_owner",
        _MODEL,
    ),
    FieldSpec(
        "evaluation_data",
        "Making",
        "Evaluation data",
        "How was the test data chosen, and whom does it stand for?",
        "A random 40 % of applications, drawn before any training; Boston 1990, not today's applicants.",
        "Test set",
        "model_owner",
        _MODEL,
    ),
    FieldSpec(
        "decision_threshold",
        "Making",
        "Decision threshold",
        "How was the threshold chosen, on which data, and by whom?",
        "0.5 on the training split, where precision reaches 0.9; agreed with Credit Risk.",
        "0.5",
        "product",
        _MODEL,
    ),
    FieldSpec(
        "variation",
        "Making",
        "Variation",
        "How do results vary over seeds, folds, time?",
        "AUC 0.79 to 0.81 over ten seeds.",
        "Stable",
        "model_owner",
        _MODEL,
    ),
    FieldSpec(
        "environmental_impact",
        "Making",
        "Energy and cost",
        "What did training and use cost in energy, hardware hours, money?",
        "0.2 GPU-hours; 40 ms per request on one CPU core.",
        "Low",
        "engineering",
        _MODEL,
    ),
    # ------------------------------------------------------------------ running it
    FieldSpec(
        "human_oversight",
        "Operation",
        "Human oversight",
        "Who can overrule it, when, and how?",
        "The loan officer decides; an override needs one click and a reason.",
        "Human in the loop",
        "product",
        _MODEL,
    ),
    FieldSpec(
        "monitoring",
        "Operation",
        "Monitoring",
        "What is watched, how often, and what raises an alert?",
        "Weekly approval rate by sex and race; alert when the ratio falls below 0.85 on 200 decisions.",
        "Dashboards",
        "engineering",
        _MODEL,
    ),
    FieldSpec(
        "rollback",
        "Operation",
        "Rollback",
        "When is it switched off, by whom, and what runs instead?",
        "On-call engineer, within 15 minutes, back to first-in-first-out.",
        "Redeploy",
        "engineering",
        _MODEL,
    ),
    FieldSpec(
        "rollout",
        "Operation",
        "Rollout",
        "In which steps does it go live: shadow, canary, full?",
        "Two weeks of shadow, then 5 % of branches, then all.",
        "Big bang",
        "engineering",
        _MODEL,
    ),
    FieldSpec(
        "dependencies",
        "Operation",
        "Dependencies",
        "What must be there for it to run: libraries, services, hardware?",
        "Python 3.11, scikit-learn 1.9; the income service.",
        "The usual",
        "engineering",
        _MODEL,
    ),
    FieldSpec(
        "integration",
        "Operation",
        "Integration",
        "What goes in, what comes out, within which limits?",
        "JSON of 12 fields in; probability and three reasons out; 100 requests a second.",
        "REST",
        "engineering",
        _MODEL,
    ),
    FieldSpec(
        "retention",
        "Operation",
        "Retention",
        "How long are inputs, outputs and logs kept, and how are they deleted?",
        "90 days, then deleted by the nightly job; opt-out within 30 days.",
        "As required",
        "legal",
        _ANY,
    ),
    FieldSpec(
        "maintenance",
        "Operation",
        "Maintenance",
        "Who maintains it, how often is it reviewed, how are faults reported?",
        "Credit Models, reviewed each January; faults to credit-models@example.com.",
        "Ongoing",
        "model_owner",
        _ANY,
        croissant="dataReleaseMaintenancePlan",
    ),
    FieldSpec(
        "citation",
        "About",
        "Citation",
        "How should it be cited?",
        "A BibTeX entry",
        "Us",
        "model_owner",
        _ANY,
    ),
    # ------------------------------------------------------------------ datasheets: the seven sections
    FieldSpec(
        "motivation",
        "Datasheet",
        "Motivation",
        "For what purpose was it created, by whom, paid by whom?",
        "Collected by the Boston Fed to study lending after the HMDA amendments of 1989.",
        "Research",
        "data_owner",
        _DATA,
    ),
    FieldSpec(
        "composition",
        "Datasheet",
        "Composition",
        "What does a row stand for; how many; what is missing, confidential, offensive; which people can be told apart?",
        "One row is one application; 31 lack the applicant's sex; no names.",
        "Tabular data",
        "data_owner",
        _DATA,
    ),
    FieldSpec(
        "collection",
        "Datasheet",
        "Collection process",
        "How, when and by whom was it collected; with which notice and consent?",
        "Lenders filled a questionnaire for each sampled application in 1991.",
        "Scraped",
        "data_owner",
        _DATA,
        croissant="dataCollection",
    ),
    FieldSpec(
        "preprocessing",
        "Datasheet",
        "Preprocessing and labelling",
        "What was cleaned, derived or labelled, and is the raw data kept?",
        "Race was derived from three indicator columns; raw file kept.",
        "Cleaned",
        "data_owner",
        _DATA,
        croissant="dataPreprocessingProtocol",
    ),
    FieldSpec(
        "dataset_uses",
        "Datasheet",
        "Uses",
        "What has it been used for, what should it not be used for?",
        "Teaching and method comparison; not for decisions about people today.",
        "Any",
        "data_owner",
        _DATA,
        croissant="dataUseCases",
    ),
    FieldSpec(
        "distribution",
        "Datasheet",
        "Distribution",
        "Who may have it, under which licence and restrictions?",
        "Within the R package's licence; no export restrictions.",
        "Public",
        "legal",
        _DATA,
    ),
    FieldSpec(
        "dataset_maintenance",
        "Datasheet",
        "Maintenance",
        "Who keeps it, how are errors mended, are old versions kept?",
        "Frozen; errors are listed in the README; versions by digest.",
        "Ongoing",
        "data_owner",
        _DATA,
    ),
    FieldSpec(
        "sensitive_attributes",
        "Datasheet",
        "Sensitive attributes",
        "Which are there, why, how were they obtained?",
        "Race and sex, as written by the lender, to measure disparities.",
        "None",
        "data_owner",
        _DATA,
        croissant="personalSensitiveInformation",
    ),
    # ------------------------------------------------------------------ Croissant RAI 1.0, the properties not above
    FieldSpec(
        "data_collection_type",
        "Croissant RAI",
        "Collection type",
        "Which kinds of collection: survey, logs, scraping …?",
        "Surveys",
        "Other",
        "data_owner",
        _DATA,
        croissant="dataCollectionType",
    ),
    FieldSpec(
        "data_collection_missing",
        "Croissant RAI",
        "Missing data",
        "What is missing from collection, and why?",
        "Applications withdrawn before a decision.",
        "Some",
        "data_owner",
        _DATA,
        croissant="dataCollectionMissingData",
    ),
    FieldSpec(
        "data_collection_raw",
        "Croissant RAI",
        "Raw data",
        "What is the raw data, and where is it kept?",
        "The lenders' forms; not public.",
        "Yes",
        "data_owner",
        _DATA,
        croissant="dataCollectionRawData",
    ),
    FieldSpec(
        "data_collection_timeframe",
        "Croissant RAI",
        "Timeframe",
        "When was it collected?",
        "Applications of 1990, collected in 1991.",
        "Recently",
        "data_owner",
        _DATA,
        croissant="dataCollectionTimeframe",
    ),
    FieldSpec(
        "data_imputation",
        "Croissant RAI",
        "Imputation",
        "Which missing values were filled, and how?",
        "None; missing stays missing.",
        "Mean",
        "data_owner",
        _DATA,
        croissant="dataImputationProtocol",
    ),
    FieldSpec(
        "data_manipulation",
        "Croissant RAI",
        "Manipulation",
        "What else was changed?",
        "Incomes above the 99th percentile were top-coded.",
        "No",
        "data_owner",
        _DATA,
        croissant="dataManipulationProtocol",
    ),
    FieldSpec(
        "annotation_protocol",
        "Croissant RAI",
        "Annotation protocol",
        "How were labels made?",
        "The lender's own decision is the label.",
        "Manual",
        "data_owner",
        _DATA,
        croissant="dataAnnotationProtocol",
    ),
    FieldSpec(
        "annotation_platform",
        "Croissant RAI",
        "Annotation platform",
        "With which tool?",
        "None.",
        "Various",
        "data_owner",
        _DATA,
        croissant="dataAnnotationPlatform",
    ),
    FieldSpec(
        "annotation_analysis",
        "Croissant RAI",
        "Annotation analysis",
        "How well do annotators agree?",
        "Cohen's kappa 0.81 on 200 doubly labelled rows.",
        "Well",
        "data_owner",
        _DATA,
        croissant="dataAnnotationAnalysis",
    ),
    FieldSpec(
        "annotations_per_item",
        "Croissant RAI",
        "Annotations per item",
        "How many labels has each item?",
        "1",
        "Several",
        "data_owner",
        _DATA,
        croissant="annotationsPerItem",
    ),
    FieldSpec(
        "annotator_demographics",
        "Croissant RAI",
        "Annotator demographics",
        "Who labelled?",
        "Loan officers of 131 lenders.",
        "Crowd",
        "data_owner",
        _DATA,
        croissant="annotatorDemographics",
    ),
    FieldSpec(
        "machine_annotation",
        "Croissant RAI",
        "Machine annotation",
        "Which tools labelled automatically?",
        "None.",
        "ML",
        "data_owner",
        _DATA,
        croissant="machineAnnotationTools",
    ),
    FieldSpec(
        "data_social_impact",
        "Croissant RAI",
        "Social impact",
        "Which effects on society could its use have?",
        "Models trained on it repeat the decisions of 1990.",
        "Positive",
        "risk",
        _DATA,
        croissant="dataSocialImpact",
    ),
    FieldSpec(
        "data_biases",
        "Croissant RAI",
        "Biases",
        "Which biases are known?",
        "Only applications that reached a decision; minority applications were oversampled.",
        "None",
        "risk",
        _DATA,
        croissant="dataBiases",
    ),
)

FIELDS: dict[str, FieldSpec] = {spec.name: spec for spec in _SPECS}
"""Every field by name, in the order the documents use."""


class Answer(Value):
    """One answer of a person."""

    text: FreeText | None = None
    """Prose; for a field without entries."""
    entries: tuple[dict[Label, FreeText], ...] = ()
    """Entries; for a field that has several, e.g. risks."""
    stated_by: Label
    """Who says so."""
    stated_on: Day
    """When."""

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.text is None) == (not self.entries):
            raise ValueError("an answer is either text or entries")
        return self


class Details(Value):
    """All answers. A field that nobody filled is not there, and the documents print it as *not provided*."""

    answers: Annotated[dict[str, Answer], Field(json_schema_extra={"propertyNames": {"enum": sorted(FIELDS)}})] = {}
    """By field name."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name, answer in self.answers.items():
            spec = FIELDS.get(name)
            if spec is None:
                raise ValueError(f'no details field is called "{name}". {did_you_mean(name, FIELDS)}')
            if spec.columns and not answer.entries:
                raise ValueError(f"{name} is a list of entries with {', '.join(spec.columns)}")
            if not spec.columns and answer.text is None:
                raise ValueError(f"{name} is prose, not a list")
            for entry in answer.entries:
                for key in entry:
                    if key not in spec.columns:
                        raise ValueError(f'{name} has no "{key}". {did_you_mean(key, spec.columns)}')
        return self

    def provided(self, name: str) -> bool:
        """Whether a field says something: there, and not a placeholder. Entries fill all keys, optional ones if there."""
        spec, answer = FIELDS[name], self.answers.get(name)
        if answer is None:
            return False
        if answer.text is not None:
            return not is_placeholder(answer.text, spec.question, spec.good, spec.bad, spec.title)
        return all(
            not is_placeholder(entry[column], spec.question) if column in entry else column in spec.optional
            for entry in answer.entries
            for column in spec.columns
        )

    def missing(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the named fields that say nothing."""
        return tuple(name for name in names if not self.provided(name))


def read_details(document: dict[str, Any]) -> Details:
    """The details of a parsed `details.yaml`.

    The file says once at the top who answers and when; an answer that somebody else gave says so itself::

        schema: cardwright/details/1
        stated_by: A. Okafor, model owner
        stated_on: 2026-11-20
        intended_use: Orders the queue of complete applications.
        limitations: {text: Boston 1990 only., stated_by: B. Lind, stated_on: 2026-11-21}
        owners:
          - {name: A. Okafor, role: model owner, contact: credit-models@example.com}

    Raises
    ------
    ValueError
        With the key, and the nearest known one.
    """
    head = {"schema", "stated_by", "stated_on"}
    answers: dict[str, Answer] = {}
    for name, content in document.items():
        if name in head:
            continue
        if name not in FIELDS:
            raise ValueError(f'no details field is called "{name}". {did_you_mean(name, [*FIELDS, *head])}')
        if content is None:
            continue  # a scaffolded field that nobody has filled
        by, on = document.get("stated_by"), document.get("stated_on")
        text: str | None = None
        entries: tuple[dict[str, str], ...] = ()
        if (isinstance(content, dict) and "text" in content) or (isinstance(content, dict) and "entries" in content):
            unknown = set(content) - {"text", "entries", "stated_by", "stated_on"}
            if unknown:
                raise ValueError(
                    f'{name} has no "{sorted(unknown)[0]}"; it may have text or entries, stated_by and stated_on'
                )
            by, on = content.get("stated_by", by), content.get("stated_on", on)
            text, listed = content.get("text"), content.get("entries") or ()
            entries = tuple(listed)
        elif isinstance(content, list):
            entries = tuple(content)
        elif isinstance(content, dict):
            entries = (content,)
        else:
            text = str(content)
        if entries and not FIELDS[name].columns and all(isinstance(entry, str) for entry in entries):
            text, entries = (
                "\n".join(f"- {entry}" for entry in entries),
                (),
            )  # a list where prose is asked for reads as bullets
        if not isinstance(by, str) or not on:
            raise ValueError(
                f"{name}: say who answers and when: stated_by and stated_on, here or at the top of the file"
            )
        if text is not None and not text.strip():
            continue
        bad = next((entry for entry in entries if not isinstance(entry, dict)), None)
        if bad is not None:
            raise ValueError(f"{name} is a list of entries with {', '.join(FIELDS[name].columns)}")
        filled = tuple(
            {key: str(value).strip() for key, value in entry.items() if value is not None} for entry in entries
        )
        answers[name] = Answer(
            text=text.strip() if text is not None else None, entries=filled, stated_by=by, stated_on=str(on)
        )
    return Details(answers=answers)
