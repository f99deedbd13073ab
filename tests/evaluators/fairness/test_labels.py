"""Names of groups: what is one group is counted as one, and what looks like one is said."""

from tests.support import inputs_of, memory_predictions

from cardwright.evaluators.fairness import Fairness


def evaluated(names):
    groups = [name for name in names for _ in range(60)]
    decided = [i % 2 for i in range(len(groups))]
    source = memory_predictions(
        {"g": groups, "y": decided, "d": decided}, prediction="d", classes=("0", "1"), sensitive={"g": names}
    )
    return Fairness().evaluate(inputs_of(source))


def test_attack_a_group_split_by_letters_that_look_alike_is_one_high_finding():
    evaluation = evaluated(["Ada", "\u0410da", "other"])
    (finding,) = [f for f in evaluation.findings if f.key == "confusable_groups"]
    assert (finding.severity, finding.where, finding.count) == ("high", "g", 2)


def test_groups_with_names_of_their_own_are_no_finding():
    assert not [f for f in evaluated(["<30", "30+", "30-40"]).findings if f.key == "confusable_groups"]
