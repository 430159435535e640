"""The control socket of the running service: one JSON object a line, in and out. Runs on the loop.

A request is `{"do": NAME, ...}`; the answer `{"ok": true, "result": ...}` or `{"ok": false, "error": TEXT}`. `events` goes
on answering, one object for each thing that happens, until the client leaves.
"""

import asyncio
import contextlib
import json
import logging
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appliance.core import drain
from appliance.core.events import DrainRequested, Event, HuntLogin, ParkRequested, RetrieveRequested
from appliance.core.ids import KeyId, Place
from appliance.core.orders import Order, Report, What
from appliance.errors import ControlError, ParkdeckError
from appliance.history import answers
from appliance.history.history import History
from appliance.panel.port import Panel
from appliance.runtime import Runtime
from appliance.status import Json, happening

log = logging.getLogger(__name__)

MAX_LINE = 65536
MAX_BEHIND = 1 << 20
"""Bytes that a slow follower may lag behind before it is let go."""
DRAIN_LIMIT = 90.0
"""Seconds that handing everybody over may take (S-4)."""
LOOK_EVERY = 0.1


class Control:
    """Serves the socket."""

    def __init__(
        self,
        path: Path,
        runtime: Runtime,
        panel: Panel,
        *,
        status: Callable[[], Json],
        bundle: Callable[[Path | None], Awaitable[Path]],
        reload: Callable[[], Json],
        history: History,
        timezone: Callable[[], str],
    ) -> None:
        """`reload` raises ConfigError; `timezone`: the site's."""
        self._path = path
        self._runtime = runtime
        self._panel = panel
        self._status = status
        self._bundle = bundle
        self._reload = reload
        self._history = history
        self._timezone = timezone
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen; the socket is for owner and group alone (mode 0660)."""
        self._path.unlink(missing_ok=True)
        before = os.umask(0o117)
        try:
            self._server = await asyncio.start_unix_server(self._serve, self._path, limit=MAX_LINE)
        finally:
            os.umask(before)

    async def stop(self) -> None:
        """Stop listening, let the clients go, remove the socket."""
        if self._server is not None:
            self._server.close()
        for client in self._clients:
            client.close()
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            while line := await reader.readline():
                await self._answer(line, reader, writer)
        except (ConnectionError, ValueError) as gone:  # ValueError: a line above MAX_LINE
            log.debug("control client: %s", gone)
        finally:
            self._clients.discard(writer)
            writer.close()

    async def _answer(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = _parse(line)
            if request.get("do") == "events":
                await self._follow(reader, writer)
                return
            answer: Json = {"ok": True, "result": await self._do(request)}
        except ParkdeckError as error:
            answer = {"ok": False, "error": str(error)}
        await _send(writer, answer)

    async def _do(self, request: Json) -> Any:  # noqa: C901, PLR0911 - a table: one case for each request
        match request:
            case {"do": "status"}:
                return self._status()
            case {"do": "drain"}:
                return await self._drain()
            case {"do": "bundle", "output": str(output)}:
                return str(await self._bundle(Path(output) if output else None))
            case {"do": "reload"}:
                return self._reload()
            case {"do": "history", "since": int() | float() | str() as since, "place": str(place), "limit": int(limit)}:
                return await answers.records(self._history, self._timezone(), since, place, limit)
            case {"do": "statistics", "since": int() | float() | str() as since, "place": str(place)}:
                return await answers.counts(self._history, self._timezone(), since, place)
            case {"do": "press", "panel": str(panel), "key": str(key), "hold": int() | float() as hold}:
                self._panel.press(KeyId(panel, key), float(hold))
                return None
            case {"do": "retrieve", "place": str(place), "to": str(station)}:
                return self._ask(RetrieveRequested(Place(place), station))
            case {"do": "park", "place": str(place), "station": str(station)}:
                return self._ask(ParkRequested(Place(place), station))
            case {"do": "hunt", "group": str(group), "member": str(member), "present": bool(present)}:
                return self._ask(HuntLogin(group, member, present))
            case _:
                raise ControlError(f"this request is not understood: {request!r}")

    async def _drain(self) -> Json:
        """Hand over whoever waits; returns how many legs are left when nobody waits any more, or the time is over."""
        self._runtime.submit(DrainRequested())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_LIMIT):
                while not drain.is_over(self._runtime.state):  # noqa: ASYNC110 - any step may be the last
                    await asyncio.sleep(LOOK_EVERY)
        return {"over": drain.is_over(self._runtime.state), "legs": len(self._runtime.state.legs)}

    def _ask(self, event: Event) -> list[Json]:
        reports = _reports(self._runtime.submit(event))
        for report in reports:
            if report.what is What.REFUSED:
                raise ControlError(report.detail)
        return [happening(report) for report in reports]

    async def _follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Write each happening to a client until it leaves; one that does not read is let go."""

        def tell(report: Report) -> None:
            if writer.transport.get_write_buffer_size() > MAX_BEHIND:
                writer.transport.abort()
            else:
                at = datetime.now(UTC).isoformat(timespec="milliseconds")
                writer.write(_line({"at": at, **happening(report)}))

        with self._runtime.following(tell):
            await _send(writer, {"ok": True, "result": "following"})
            await reader.read()


def _reports(orders: tuple[Order, ...]) -> list[Report]:
    return [order for order in orders if isinstance(order, Report)]


def _parse(line: bytes) -> Json:
    try:
        request = json.loads(line)
    except ValueError as error:
        raise ControlError(f"no JSON: {error}") from error
    if not isinstance(request, dict):
        raise ControlError("a request is a JSON object")
    return request


async def _send(writer: asyncio.StreamWriter, answer: Json) -> None:
    writer.write(_line(answer))
    await writer.drain()


def _line(answer: Json) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode() + b"\n"
