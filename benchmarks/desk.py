"""How fast the desk answers with 10,000 dossiers and 100,000 comments, and how long proofs take in a log of ten million entries.

Targets: a page of the inventory under 100 ms and a search under 200 ms at the 95th percentile; a proof under 10 ms. 50 people at
once get no error.

    python benchmarks/desk.py [DOSSIERS] [COMMENTS]

Dossiers are rows of the inventory with made-up names; comments are in threads of ten. The log's tiles are made up where they are
read, so that nothing of ten million entries is on the disk: putting tiles together and hashing is what is measured.
"""

import hashlib
import random
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from cardwright.attest import keys, trust
from cardwright.attest.witness import log, merkle
from cardwright.desk import accounts, api, database, pages, registry, web
from cardwright.desk.settings import DeskSettings

NOW, ORIGIN = "2026-11-29T12:00:00Z", "http://localhost:8765"
STATES = ("draft", "in review", "approved", "released", "withdrawn")
ROUNDS, PEOPLE = 60, 50


def digest(*words):
    return hashlib.sha256(" ".join(map(str, words)).encode()).hexdigest()


def filled(folder, dossiers, comments):
    pem = keys.public_pem(Ed25519PrivateKey.generate().public_key())
    key = trust.PersonKey(public_key=pem, valid_from="2026-01-01")
    ada = trust.Person(
        id="ada", name="Ada", roles=("owner",), keys=(key,)
    )  # a session ends with its person's place here
    (folder / "trust.yaml").write_bytes(trust.to_yaml(trust.Trust(people=(ada,))))
    desk = registry.opened(DeskSettings(folder=folder, origin=ORIGIN, trust=folder / "trust.yaml"))
    chosen = random.Random(1)
    rows = []
    for n in range(dossiers):
        name, state = f"model-{chosen.randrange(dossiers // 4)}", chosen.choice(STATES)
        rows.append({
            "manifest": digest("m", n), "record": digest("r", n), "subject": digest("s", n), "name": name,
            "version": f"1.{n}",
            "kind": "model", "owner": f"Owner {n % 97}", "risk_tier": chosen.choice(("low", "high")),
            "policy": "production 1.0.0",
            "decision": "allowed" if state in ("approved", "released") else "refused", "state": state,
            "valid_until": f"2027-{1 + n % 12:02d}-01", "missing": ["fairness missing", "risk missing"],
            "search": f"{name} 1.{n} owner {n % 97} production 1.0.0 {state} fairness missing", "arrived_at": NOW,
            "current": digest("c", n), "length": 3,
        })  # fmt: skip
    threads = [
        {"id": n + 1, "record": digest("r", n % dossiers), "anchor": "fairness", "opened_at": NOW, "opened_by": "ada"}
        for n in range(comments // 10)
    ]
    said = [{"thread": 1 + n % len(threads), "at": NOW, "by": "ada", "text": f"Comment {n}."} for n in range(comments)]
    with database.writing(desk.engine) as connection:
        for table, values in ((database.DOSSIERS, rows), (database.THREADS, threads), (database.COMMENTS, said)):
            connection.execute(table.insert(), values)
        connection.execute(database.ACCOUNTS.insert().values(person="ada", created_at=NOW))
        connection.execute(
            database.CREDENTIALS.insert().values(credential="c", person="ada", public_key=b"k", counter=0)
        )
    return desk


def timed(ask, paths):
    took = []
    for path in paths:
        start = time.perf_counter()
        answer = ask(path)
        took.append(1000 * (time.perf_counter() - start))
        assert answer.status_code == 200, answer.status_code
    took.sort()
    return f"{statistics.median(took):.1f} | {took[int(0.95 * len(took))]:.1f}"


class MadeUpTiles:
    """The files of a log that nobody has written."""

    def read(self, name):
        width = int(name.partition(".p/")[2] or log.WIDTH)
        return hashlib.shake_256(name.encode()).digest(32 * width)


def proofs(size):
    took = []
    chosen = random.Random(2)
    for _ in range(ROUNDS):
        start = time.process_time()
        tree = log.Tree(MadeUpTiles(), size)
        merkle.inclusion(tree.node, chosen.randrange(size), size)
        merkle.consistency(tree.node, chosen.randrange(1, size), size)
        took.append(1000 * (time.process_time() - start))
    took.sort()
    return f"{statistics.median(took):.1f} | {took[int(0.95 * len(took))]:.1f}"


def at_once(ask, path):
    answers, errors = [], []

    def one():
        try:
            answers.append(ask(path).status_code)
        except Exception as exc:  # noqa: BLE001  # counted
            errors.append(exc)

    people = [threading.Thread(target=one) for _ in range(PEOPLE)]
    start = time.perf_counter()
    for person in people:
        person.start()
    for person in people:
        person.join()
    wrong = len(errors) + sum(code != 200 for code in answers)
    return f"{wrong} | {time.perf_counter() - start:.1f}"


def main():
    dossiers, comments = (
        int(sys.argv[n]) if len(sys.argv) > n else default for n, default in ((1, 10_000), (2, 100_000))
    )
    with tempfile.TemporaryDirectory() as folder:
        desk = filled(Path(folder), dossiers, comments)
        secret = accounts.log_in(desk, "c", "ada", 0, web.clock())
        with TestClient(web.application(desk, pages.routes, api.routes), base_url=ORIGIN) as client:
            client.cookies.set(web.cookie(desk), secret)
            assert client.get("/", follow_redirects=False).status_code == 200
            print(f"| {dossiers:,} dossiers, {comments:,} comments, SQLite | median ms | 95th percentile ms | target |")
            print("| --- | ---: | ---: | ---: |")
            print(
                "| a page of the inventory |",
                timed(client.get, [f"/?page={1 + n % 20}" for n in range(ROUNDS)]),
                "| < 100 |",
            )
            print("| a search |", timed(client.get, [f"/?q=model-{n} fairness" for n in range(ROUNDS)]), "| < 200 |")
            print("| one state |", timed(client.get, [f"/?state={STATES[n % 5]}" for n in range(ROUNDS)]), "| < 100 |")
            print("| both proofs, in a log of 10,000,000 entries (processor time) |", proofs(10_000_000), "| < 10 |")
            print(f"\n| {PEOPLE} people at once | errors | seconds for all |")
            print("| --- | ---: | ---: |")
            print("| the inventory |", at_once(client.get, "/"), "|")
        desk.engine.dispose()


if __name__ == "__main__":
    main()
