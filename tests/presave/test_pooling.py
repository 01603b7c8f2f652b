"""What Presave sends to Postgres when it connects, as a pooler in front of it would read it."""

from __future__ import annotations

import socket
import struct
import threading

import psycopg
import pytest
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper

# What PgBouncer takes without being told to ignore anything: https://www.pgbouncer.org/config.html
TAKEN = {"user", "database", "client_encoding", "application_name", "datestyle", "timezone"}
TLS_ASKED, TLS_REFUSED = 80877103, b"N"


def read_packet(line: socket.socket) -> tuple[int, bytes]:
    """Its number and its content: https://www.postgresql.org/docs/current/protocol-flow.html"""
    length, number = struct.unpack("!II", line.recv(8, socket.MSG_WAITALL))
    return number, line.recv(length - 8, socket.MSG_WAITALL)


def listen_once(listener: socket.socket, sent: list[str]) -> None:
    line, _ = listener.accept()
    with line:
        number, content = read_packet(line)
        if number == TLS_ASKED:
            line.sendall(TLS_REFUSED)
            number, content = read_packet(line)
        sent += content.decode().rstrip("\0").split("\0")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no connections")
def test_a_pooler_is_sent_nothing_that_it_refuses() -> None:
    sent: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=listen_once, args=(listener, sent))
        thread.start()
        there = {"HOST": "127.0.0.1", "PORT": listener.getsockname()[1]}
        session = DatabaseWrapper({**connection.settings_dict, **there})
        with pytest.raises(psycopg.OperationalError):
            session.get_new_connection(session.get_connection_params())
        thread.join()
    assert {"user", "database"} <= set(sent[::2]) <= TAKEN


def test_no_transaction_counts_on_the_connection_of_the_one_before() -> None:
    if connection.vendor == "postgresql":
        assert connection.get_connection_params()["prepare_threshold"] is None
        assert connection.settings_dict["DISABLE_SERVER_SIDE_CURSORS"] is True
