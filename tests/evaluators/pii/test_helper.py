"""A helper process changes how long it takes, and nothing that is found; without it everything is looked at here."""

import random
import time

import pytest

pytest.importorskip("presidio_analyzer", reason="needs the text extra")

from cardwright.evaluators.pii import engine, helper


def texts(count, seed=1):
    rng = random.Random(seed)
    return [
        rng.choice((
            f"mail user{rng.randint(1, 10**6)}@example.com", f"call {rng.randint(200, 989)}-555-{rng.randint(100, 9999):04d}",
            str(rng.randint(10**6, 10**7)), f"order {rng.randint(1, 999)} shipped \udc80",
        ))
        for _ in range(count)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def detector():
    return engine.detector(None, ())


def waited(shared):
    """Until the helper is ready: its start takes seconds, and a test of its work must not pass without it."""
    for _ in range(600):
        if shared._ready.is_set():
            return shared
        time.sleep(0.1)
    pytest.fail("the helper did not start")


def test_two_processes_find_what_one_finds_in_the_same_order(detector):
    asked = texts(3000)
    with helper.shared(detector, workers=2, cells=3000, worth=1) as both:
        found = waited(both).scan(asked, ("phone",))
        assert 0 < both.helped < 3000
    assert found == detector.scan(asked, ("phone",))
    assert sum(map(len, found.hits)) > 1000


def test_a_helper_that_stops_is_done_without(detector):
    asked = texts(2000, seed=2)
    with helper.shared(detector, workers=2, cells=2000, worth=1) as both:
        process = waited(both)._process
        process.kill()
        process.wait()
        found = both.scan(asked)
        again = both.scan(asked)
    assert found == again == detector.scan(asked)
    assert both.helped == 0


def test_no_process_outlives_the_block(detector):
    with helper.shared(detector, workers=2, cells=10**6) as both:
        process = both._process
        assert process.poll() is None
    assert process.poll() is not None


@pytest.mark.parametrize(("workers", "cells"), [(1, 10**9), (2, helper.WORTH - 1), (2, None)])
def test_small_work_and_one_worker_start_no_process(detector, workers, cells):
    with helper.shared(detector, workers=workers, cells=cells) as both:
        assert both._process is None
        assert both.scan(["owner@example.com"]).hits == detector.scan(["owner@example.com"]).hits
