"""What the desk does by itself: it takes in what comes to rest in a folder, and catches up with what was left undone."""

import shutil
import threading

from tests.desk.support import LOG_KEY, LOG_NAME, NOW, trusting_the_log

from cardwright.cli.console import clock
from cardwright.desk import chores, database, desk_log, registry
from cardwright.desk.chores import Chores, WatchedPlace
from cardwright.dossier import layout, store
from cardwright.errors import SourceError


def test_a_dossier_is_taken_once_it_has_come_to_rest(desk, refused_once, tmp_path):
    folder = tmp_path / "incoming"
    shutil.copytree(refused_once / "out", folder / "one")
    first = chores.once(desk, Chores((WatchedPlace(folder),)), NOW)
    assert registry.counts(desk)["dossiers"] == 0  # somebody may be writing it
    second = chores.once(desk, first, NOW)
    assert registry.counts(desk)["dossiers"] == 1
    events = registry.counts(desk)["events"]
    third = chores.once(desk, second, NOW)
    assert registry.counts(desk)["events"] == events  # it is not taken again
    (folder / "one" / layout.RECORD).write_bytes(b"{}")
    fourth = chores.once(desk, chores.once(desk, third, NOW), NOW)
    chores.once(desk, fourth, NOW)
    assert registry.counts(desk)["quarantined"] == 1
    assert registry.counts(desk)["dossiers"] == 1


def test_a_dossier_that_changes_while_it_is_watched_waits(desk, refused_once, tmp_path):
    folder = tmp_path / "incoming"
    shutil.copytree(refused_once / "out", folder / "one")
    state = chores.once(desk, Chores((WatchedPlace(folder),)), NOW)
    (folder / "one" / "more.txt").write_text("still writing")
    state = chores.once(desk, state, NOW)
    assert registry.counts(desk)["dossiers"] == 0
    (folder / "one" / "more.txt").unlink()
    state = chores.once(desk, chores.once(desk, state, NOW), NOW)
    assert registry.counts(desk)["dossiers"] == 1


def test_a_desk_that_begins_a_log_tells_it_of_the_releases_that_it_has(settings, released):
    shutil.copy(released / "trust.yaml", settings.trust)
    desk = registry.opened(settings)
    arrival = registry.arrive(desk, store.read_dossier(released / "out"), by="pipeline", now=clock())
    with database.writing(desk.engine) as connection:  # as an older version has left it
        connection.execute(database.DOSSIERS.update().values(release=None))
    desk.engine.dispose()
    state = next((settings.folder / "objects").rglob(arrival.state))
    state.unlink()
    here = desk_log.opened(settings.folder, LOG_KEY, LOG_NAME)
    settings.trust.write_bytes(trusting_the_log(settings.trust.read_bytes(), here))
    again = registry.opened(settings, here)
    chores.once(again, Chores(), clock())
    assert state.is_file()
    assert here.head.checkpoint.size == 2
    assert layout.RECEIPTS in registry.dossier(again, arrival.manifest).files
    again.engine.dispose()


def test_a_chore_that_fails_is_done_again_and_the_loop_ends_when_it_is_told(desk, tmp_path):
    stop = threading.Event()
    rounds = []

    def now():
        rounds.append(1)
        if len(rounds) == 1:
            raise RuntimeError
        stop.set()
        return NOW

    chores.loop(desk, Chores((WatchedPlace(tmp_path),)), stop, now, rest=0)
    assert len(rounds) == 2


def test_a_bucket_is_copied_then_watched_like_a_folder_and_what_goes_wrong_is_told_once(
    desk, refused_once, tmp_path, caplog
):
    folder = tmp_path / "copied"
    folder.mkdir()
    looks = []

    def refresh(known):
        looks.append(known)
        if len(looks) == 2:
            raise SourceError("the store refuses to let it be read")
        if not (folder / "one").exists():
            shutil.copytree(refused_once / "out", folder / "one")
        return len(looks), ["'../x': its name leads out of the folder"]

    state = Chores((WatchedPlace(folder, refresh),))
    for _ in range(4):
        state = chores.once(desk, state, NOW)
    assert looks == [None, 1, 1, 3]
    assert registry.counts(desk)["dossiers"] == 1
    said = [one.why for one in caplog.records if hasattr(one, "why")]
    assert said.count("the store refuses to let it be read") == 1
    assert said.count("'../x': its name leads out of the folder") == 2  # again, after something else was told
