"""A program is started once, found again, and stopped; a stranger on its port is named."""

import os
import socket
import sys
from pathlib import Path

import pytest

from local import process
from local.process import NotHealthy, PortTaken, Program

SERVER = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program(folder: Path, port: int, code: str = SERVER, fingerprint: str = "1") -> Program:
    return Program(
        name="server",
        command=(sys.executable, "-c", code.strip(), str(port)),
        environment=dict(os.environ),
        health=f"http://127.0.0.1:{port}/",
        folder=folder,
        fingerprint=fingerprint,
    )


def test_start_is_once_and_stop_ends_it(tmp_path, port):
    server = program(tmp_path, port)
    assert server.start()
    first = server.pid()
    try:
        assert not server.start()
        assert server.pid() == first
    finally:
        assert server.stop()
    assert server.pid() is None
    assert first not in {child.pid for child in process._children}
    assert not server.stop()


def test_changed_code_restarts_it(tmp_path, port):
    server = program(tmp_path, port)
    server.start()
    first = server.pid()
    changed = program(tmp_path, port, fingerprint="2")
    try:
        assert changed.start()
        assert changed.pid() != first
    finally:
        changed.stop()


def test_stranger_on_the_port_is_refused_by_number(tmp_path, port):
    with socket.create_server(("127.0.0.1", port)), pytest.raises(PortTaken, match=str(port)):
        program(tmp_path, port).start()
    assert program(tmp_path, port).pid() is None


def test_program_that_ends_at_once_shows_its_last_words(tmp_path, port):
    with pytest.raises(NotHealthy, match="out of paper"):
        program(tmp_path, port, "raise SystemExit('out of paper')").start()


def test_pid_of_another_program_is_not_ours(tmp_path, port):
    server = program(tmp_path, port)
    (tmp_path / "server.pid").write_text(f'{{"pid": {os.getpid()}, "as": ["1", "x", "not this one"]}}')
    assert server.pid() is None
    assert not server.stop()
