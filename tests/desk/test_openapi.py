"""What is described is what there is."""

import re

from starlette.testclient import TestClient
from tests.desk.support import ORIGIN

from cardwright.desk import api, log_api, openapi, web


def test_every_address_for_programs_is_described_and_no_other(desk):
    there = {
        (one.path.replace(":path}", "}"), method.lower())
        for one in [*api.routes(desk, web.templates()), *log_api.routes(desk, web.templates())]
        for method in one.methods - {"HEAD"}
        if one.path != "/openapi.json"
    }
    assert there == {(path, method) for path, by in openapi.DOCUMENT["paths"].items() for method in by}


def test_every_answer_to_a_stranger_is_described(desk):
    with TestClient(web.application(desk, api.routes, log_api.routes), base_url=ORIGIN) as client:
        for path, by in openapi.DOCUMENT["paths"].items():
            for method, said in by.items():
                answer = client.request(method, re.sub("{[a-z]+}", "0" * 64, path))
                assert str(answer.status_code) in said["responses"], path
