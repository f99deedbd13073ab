"""What W&B is told is checked before; `tests/integrations/teams` writes with W&B itself and reads it back."""

import pytest

from cardwright.errors import UsageError
from cardwright.integrations.wandb_log import key_of, require_id


@pytest.mark.parametrize("word", ["", "a/b", "../x", "a b", "x" * 65, ".hidden"])
def test_a_name_that_would_be_another_path_is_refused(word):
    with pytest.raises(UsageError, match="not a name that W&B takes"):
        require_id(word, "--run")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("cardwright.requirements.not_applicable", "cardwright/requirements/not_applicable"),
        ("cardwright.requirement.value", "cardwright/requirement/value"),
        ("cardwright.requirement.a.b", "cardwright/requirement/a.b"),
        ("cardwright.requirement.a.limit", "cardwright/requirement/a/limit"),
        ("cardwright.record_sha256", "cardwright/record_sha256"),
    ],
)
def test_a_requirement_keeps_its_name_between_the_slashes(key, said):
    assert key_of(key) == said
