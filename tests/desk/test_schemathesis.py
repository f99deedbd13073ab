"""Whatever the OpenAPI document allows is asked of the desk, and every answer is one that it describes."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from tests.desk.support import ORIGIN

from cardwright.cli.console import clock
from cardwright.desk import accounts, api, log_api, registry, web
from cardwright.desk.rate_limits import RateLimits
from cardwright.dossier import store

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis comes with the dev extra")
from schemathesis.specs.openapi.checks import positive_data_acceptance


@pytest.fixture
def schema(logged, released):
    registry.arrive(logged, store.read_dossier(released / "out"), by="pipeline", now=clock())
    app = web.application(logged, api.routes, log_api.routes, limits=RateLimits(requests=10**6, attempts=10**6))
    headers = {"Authorization": f"Bearer {accounts.make_token(logged, 'all', accounts.SCOPES, clock(), days=1)}"}
    return schemathesis.openapi.from_asgi(
        "/openapi.json", app, headers={"Host": ORIGIN.removeprefix("https://")}
    ), headers


def test_every_answer_is_one_that_is_described(schema):
    described, headers = schema
    # A tile's path has slashes, which OpenAPI cannot say of a parameter, and an archive is made by no schema; of both see
    # tests/desk/test_log_api.py and tests/desk/test_bad_input.py.
    left_out = {("get", "/log/tile/{path}"), ("post", "/v1/dossiers")}
    found = [one.ok() for one in described.get_all_operations()]
    operations = [one for one in found if (one.method.lower(), one.path) not in left_out]
    assert len(operations) == len(found) - 2
    for operation in operations:

        @given(case=operation.as_strategy())
        @profile(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
        def ask(case):
            # What a schema cannot say, that bytes are an archive or a note, makes no valid request.
            said = {**headers, "Host": ORIGIN.removeprefix("https://")}
            case.call_and_validate(headers=said, excluded_checks=[positive_data_acceptance])

        ask()
