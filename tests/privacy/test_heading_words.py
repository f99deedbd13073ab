"""The table of headings' words is whole: known classes and severities, and no term twice in a language of one concept."""

from typing import get_args

from cardwright.privacy.heading_words import LANGUAGES, HeadingClass, concepts
from cardwright.record.evaluation import SEVERITIES


def test_each_concept_has_a_known_class_a_severity_and_words_of_known_languages():
    for concept in concepts():
        assert concept.kind in get_args(HeadingClass)
        assert concept.severity in SEVERITIES
        assert concept.words
        assert set(concept.words) <= set(LANGUAGES)


def test_a_term_is_written_once_trimmed_and_in_lower_case():
    for concept in concepts():
        for terms in concept.words.values():
            assert len(set(terms)) == len(terms), concept.name
            assert all(term == term.strip().lower() and term for term in terms), concept.name


def test_what_opens_something_or_names_somebody_weighs_no_less_than_what_only_helps_to():
    worst = {
        kind: max(SEVERITIES.index(c.severity) for c in concepts() if c.kind == kind) for kind in get_args(HeadingClass)
    }
    assert worst["secret"] > worst["direct_identifier"] > worst["quasi_identifier"]
    assert worst["special_category"] > worst["quasi_identifier"]
