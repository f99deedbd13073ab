"""`power` says how many cases are needed, and refuses what makes no sense."""

import json

import pytest

pytest.importorskip("scipy", reason="sizes are of the tabular extra")

from tests.conftest import command


def test_it_says_how_many_cases_and_how_it_knows():
    ran = command("power", "paired", "--effect", "0.1", "--discordant", "0.3")
    assert ran.code == 0, ran
    assert ran.out.splitlines() == [
        "234 cases that both models predict",
        "  power 0.802 at alpha 0.05 (connor_mcnemar, two-sided)",
    ]


def test_clusters_need_more():
    ran = command(
        "power", "proportions", "--effect", "0.1", "--baseline", "0.6", "--cluster-size", "20", "--correlation", "0.05"
    )
    assert ran.out.splitlines()[:2] == [
        "695 cases in each of two groups",
        "  356 if they were independent; design effect 1.95",
    ]


def test_declared_looks_have_their_boundaries():
    ran = command("power", "means", "--effect", "0.5", "--sd", "1", "--looks", "0.5,1", "--format", "json")
    answer = json.loads(ran.out)
    assert answer["cases"] == 64
    assert [round(look["boundary"], 2) for look in answer["looks"]] == [2.96, 1.97]
    shown = command("power", "seeds", "--effect", "0.5", "--sd", "1", "--looks", "0.5,1", "--spending", "pocock")
    assert "34 seeds of each of two configurations, paired" in shown.out
    assert "look at 50%: stop where |z| >= 2.157" in shown.out


@pytest.mark.parametrize(("words", "says"), [
    (["proportions", "--effect", "0.1"], "needs --baseline and --effect"),
    (["means", "--effect", "0.1", "--sd", "1", "--baseline", "0.5"], "takes no --baseline"),
    (["proportions", "--effect", "0.9", "--baseline", "0.5"], "must lie between 0 and 1"),
    (["paired", "--effect", "0.2", "--discordant", "0.1"], "not negative"),
    (["means", "--effect", "0", "--sd", "1"], "an effect of 0"),
    (["means", "--effect", "0.00001", "--sd", "1"], "no size of up to 10 million"),
    (["means", "--effect", "1", "--sd", "1", "--looks", "half"], "numbers with commas"),
    (["means", "--effect", "1", "--sd", "1", "--looks", "1,0.5"], "rise"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(words, says):
    ran = command("power", *words)
    assert ran.code == 2, ran
    assert says in ran.err
