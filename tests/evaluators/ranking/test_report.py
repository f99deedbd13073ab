"""What a person should look at in rankings: few queries, queries without a relevant candidate, ties."""

import numpy as np
from tests.evaluators.ranking.support import assess, one, queries


def test_few_queries_have_no_number_and_say_so():
    evaluation = assess(queries(19))
    assert one(evaluation, "ndcg").code == "undefined"
    assert "19 queries" in one(evaluation, "ndcg").reason
    assert [f.severity for f in evaluation.findings if f.key == "few_queries"] == ["medium"]


def test_queries_without_a_relevant_candidate_are_in_no_mean_and_are_counted():
    data = queries(60)
    barren = np.isin(data["q"], [f"q{i:04d}" for i in range(15)])
    evaluation = assess({**data, "rel": np.where(barren, 0.0, data["rel"])})
    assert one(evaluation, "mean_reciprocal_rank").denominator == 45
    assert one(evaluation, "precision").denominator == 60
    share = one(evaluation, "share_of_queries_without_relevant")
    assert (share.value, share.numerator) == (0.25, 15)
    (finding,) = [f for f in evaluation.findings if f.key == "queries_without_relevant"]
    assert (finding.severity, finding.count) == ("medium", 15)


def test_ties_are_counted_and_never_help():
    data = queries(40)
    tied = assess({**data, "s": np.zeros(len(data["q"]))})
    (finding,) = [f for f in tied.findings if f.key == "tied_scores"]
    assert finding.count == 480
    assert one(tied, "ndcg").value < one(assess({**data, "s": np.arange(480.0)}), "ndcg").value
    assert not [f for f in assess(data).findings if f.key == "tied_scores"]
