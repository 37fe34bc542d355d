"""A connection that sends no whole head of a request in time is closed; others are left alone."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import closing

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.http.connections import Connection
from app.main import SERVER_OPTIONS

WAITS = 0.4
ASKED = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"


def slowly(_request):
    time.sleep(3 * WAITS)
    return PlainTextResponse("done")


@pytest.fixture
def address(monkeypatch):
    """A server with the program's own options, whose connections wait for less."""
    monkeypatch.setattr(Connection, "seconds", WAITS)
    app = Starlette(routes=[Route("/", slowly)])
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", **SERVER_OPTIONS))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        running.start()
        yield listening.getsockname()
        server.should_exit = True
        running.join()


def connect(address):
    return closing(socket.create_connection(address, timeout=20 * WAITS))


def rest_of(connection):
    """What still comes until the server closes; raises ``TimeoutError`` where it does not."""
    heard = b""
    while part := connection.recv(4_096):
        heard += part
    return heard


def test_who_sends_nothing_is_closed(address):
    with connect(address) as connection:
        assert rest_of(connection) == b""


def test_who_sends_a_head_letter_by_letter_is_closed(address):
    with connect(address) as connection, pytest.raises(OSError, match=r"pipe|reset|closed"):
        for letter in ASKED[:-2] * 3:
            connection.sendall(bytes([letter]))
            time.sleep(WAITS / 8)


def test_a_request_that_takes_longer_is_answered_and_then_the_connection_waits_again(address):
    with connect(address) as connection:
        connection.sendall(ASKED)
        heard = rest_of(connection)
    assert heard.startswith(b"HTTP/1.1 200")
    assert heard.endswith(b"done")


def test_a_request_behind_another_on_one_connection_is_answered_too(address):
    with connect(address) as connection:
        connection.sendall(ASKED + ASKED)
        assert rest_of(connection).count(b"done") == 2


def test_who_goes_away_is_forgotten(address):
    with connect(address) as connection:
        connection.sendall(ASKED)
    with connect(address) as another:
        another.sendall(ASKED)
        assert b"done" in rest_of(another)
