"""What is described is what there is."""

from starlette.testclient import TestClient
from tests.desk.support import ORIGIN

from cardwright.desk import api, openapi, web


def test_every_address_for_programs_is_described_and_no_other(desk):
    there = {
        (one.path, method.lower())
        for one in api.routes(desk, web.templates())
        for method in one.methods - {"HEAD"}
        if one.path != "/openapi.json"
    }
    assert there == {(path, method) for path, by in openapi.DOCUMENT["paths"].items() for method in by}


def test_every_answer_to_a_stranger_is_described(desk):
    with TestClient(web.application(desk, api.routes), base_url=ORIGIN) as client:
        for path, by in openapi.DOCUMENT["paths"].items():
            for method, said in by.items():
                answer = client.request(method, path.replace("{manifest}", "0" * 64).replace("{subject}", "0" * 64))
                assert str(answer.status_code) in said["responses"], path
