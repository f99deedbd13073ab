"""Real servers on this machine, for what asks one."""

import threading
from contextlib import contextmanager
from http.server import ThreadingHTTPServer


@contextmanager
def serving(handler, **state):
    """A server on a free port, in a thread of its own, until the end; `state` is what its handler finds on `self.server`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        vars(running).update(state)
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()
