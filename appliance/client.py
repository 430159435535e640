"""The other end of the control socket: what the command line asks the running service. Blocking, one request each."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from appliance.errors import ControlError, NotRunningError

SOCKET = "control.sock"
ANSWER_WITHIN = 10.0
"""Seconds that the service may take to answer."""


def ask(state_dir: Path, *, within: float = ANSWER_WITHIN, **request: object) -> Any:
    """Return the service's result; raises NotRunningError when nobody answers, ControlError when it refuses.

    `within`: seconds that the answer may take.
    """
    with _connected(state_dir) as connection:
        connection.settimeout(within)
        return _request(connection, request)


def follow(state_dir: Path) -> Iterator[dict[str, Any]]:
    """Yield what happens until the service ends; raises like `ask`."""
    with _connected(state_dir) as connection:
        lines = connection.makefile("r", encoding="utf-8")
        connection.sendall(b'{"do": "events"}\n')
        _result(lines.readline())
        connection.settimeout(None)
        for line in lines:
            yield json.loads(line)


def _connected(state_dir: Path) -> socket.socket:
    path = state_dir / SOCKET
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(ANSWER_WITHIN)
    try:
        connection.connect(str(path))
    except OSError as error:
        connection.close()
        raise NotRunningError(
            f"parkdeck is not running at {path} ({error.strerror or error}): start it with `parkdeck run`, "
            "or name its state folder with --state"
        ) from error
    return connection


def _request(connection: socket.socket, request: dict[str, object]) -> Any:
    connection.sendall(json.dumps(request).encode() + b"\n")
    with connection.makefile("r", encoding="utf-8") as lines:
        return _result(lines.readline())


def _result(line: str) -> Any:
    if not line:
        raise NotRunningError("parkdeck ended before it answered: see its log")
    answer = json.loads(line)
    if not answer["ok"]:
        raise ControlError(answer["error"])
    return answer["result"]
