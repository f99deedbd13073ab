"""Categories of attack, what decides success in each, and where they stand in public lists."""

from cardwright.evaluators.safety.taxonomy import CATEGORIES, OWASP, SCANNERS, SCORERS


def test_tables_name_only_scorers_and_numbers_that_exist():
    """A category that points to nothing would never be scored."""
    for category in CATEGORIES.values():
        assert set(category.deciding) | set(category.also) <= set(SCORERS)
        assert category.deciding
        assert set(category.owasp) <= set(OWASP)
    assert {name for names in SCANNERS.values() for name in names} <= set(SCORERS)


def test_each_entry_stands_under_its_own_name_and_says_what_it_is():
    for name, scorer in SCORERS.items():
        assert scorer.name == name
        assert scorer.looks_for.strip()
    assert all(category.name == name for name, category in CATEGORIES.items())
