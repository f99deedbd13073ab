"""Java is the one of `JAVA_HOME`, else the first on PATH."""

import pytest

from cardwright.engines import java


def stand_in(folder, said, code=0):
    (folder / "bin").mkdir()
    program = folder / "bin" / "java"
    program.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit {code}\n")
    program.chmod(0o755)
    return folder


def test_the_java_of_java_home_comes_before_that_on_the_path(tmp_path, monkeypatch):
    (tmp_path / "home").mkdir()
    (tmp_path / "path").mkdir()
    home = stand_in(tmp_path / "home", 'openjdk version "21.0.4" 2026-07-16')
    other = stand_in(tmp_path / "path", 'openjdk version "17.0.1" 2021-10-19')
    monkeypatch.setenv("PATH", f"{other}/bin:/usr/bin:/bin")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert java.find() == (f"{other}/bin/java", 17)
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert java.find() == (f"{home}/bin/java", 21)


def test_no_java_is_said_and_one_that_does_not_say_its_version_is_taken_for_what_it_is(tmp_path, monkeypatch):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert java.find() is None
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    assert java.find() is None
    monkeypatch.setenv("JAVA_HOME", str(stand_in(tmp_path, "hello", 1)))
    assert java.find() == (f"{tmp_path}/bin/java", 0)


@pytest.mark.parametrize(("said", "version"), [('version "1.8.0"', 8), ('java version "25"', 25), ("", 0)])
def test_versions_of_old_and_new_are_read(said, version):
    assert java.version_of(said) == version
