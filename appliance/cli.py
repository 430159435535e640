"""The command `parkdeck`: the outer contract of names, outputs and exit codes.

Exit codes: 0 well, 1 degraded or refused, 2 the configuration or the call is wrong, 3 the service is not running.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from appliance import client, logs, relays, restart, tables
from appliance.errors import AdapterError, ConfigError, ControlError, NotRunningError
from appliance.flight import FlightError

OK, REFUSED, WRONG, NOT_RUNNING = range(4)
STATE_DIR = Path("/var/lib/parkdeck")
DRAIN_PATIENCE, BUNDLE_PATIENCE = 100.0, 60.0
"""Seconds that the service may take for it."""
DAY = 86_400.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return _run(arguments)
    except (ConfigError, FlightError) as error:
        print(error, file=sys.stderr)
        return WRONG
    except NotRunningError as error:
        print(f"parkdeck: {error}", file=sys.stderr)
        return NOT_RUNNING
    except (ControlError, AdapterError) as error:
        print(f"parkdeck: {error}", file=sys.stderr)
        return REFUSED
    except (KeyboardInterrupt, BrokenPipeError):
        return OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="parkdeck", description="Parks calls, says so, and gives them back at a button."
    )
    calls = parser.add_subparsers(dest="call", required=True, metavar="CALL")
    _service_calls(calls)
    _asking_calls(calls)
    return parser


Calls = Any
"""argparse's sub-parsers; their class is private."""


def _service_calls(calls: Calls) -> None:
    run = calls.add_parser("run", help="run the service in the foreground")
    run.add_argument("-c", "--config", type=Path, required=True, metavar="FILE")
    run.add_argument("--verbose", action="store_true", help="log every event and order")
    _state(run)
    check = calls.add_parser("check-config", help="say everything that is wrong with a configuration")
    check.add_argument("config", type=Path, metavar="FILE")
    dump = calls.add_parser("dump-config", help="print the effective configuration, secrets as ***")
    dump.add_argument("config", type=Path, metavar="FILE")
    dump.add_argument("--changed", action="store_true", help="only what differs from the defaults")
    replay = calls.add_parser("replay", help="run what a bundle recorded through this version, and compare")
    replay.add_argument("file", type=Path, metavar="FILE")


def _asking_calls(calls: Calls) -> None:
    status = calls.add_parser("status", help="ask the running service how it is")
    status.add_argument("--json", action="store_true")
    press = calls.add_parser("press", help="press a key of a panel, as if by hand")
    press.add_argument("panel", metavar="PANEL")
    press.add_argument("key", metavar="KEY")
    press.add_argument("--hold", type=float, default=0.1, metavar="SECONDS")
    park = calls.add_parser("park", help="let the next call that a phone transfers to the box go to a place")
    park.add_argument("place", metavar="PLACE")
    park.add_argument("--station", required=True, metavar="EXT")
    retrieve = calls.add_parser("retrieve", help="call a phone that shall get a parked call")
    retrieve.add_argument("place", metavar="PLACE")
    retrieve.add_argument("--to", required=True, metavar="EXT")
    hunt = calls.add_parser("hunt", help="the hunt groups and their members, or log one in or out")
    _hunt_calls(hunt.add_subparsers(dest="change", metavar="login|logout"))
    drain = calls.add_parser("drain", help="hand over everybody who waits, and park nobody any more (90 s at most)")
    drain.add_argument("--unless-restart", action="store_true", help="do nothing while systemd restarts the service")
    bundle = calls.add_parser("bundle", help="write down the last ten minutes, the status and the configuration")
    bundle.add_argument("--output", type=Path, metavar="FILE", help="instead of a file in the service's folder")
    off = calls.add_parser("relays-off", help="drive the relays off that a dead service left (for the service manager)")
    reload = calls.add_parser(
        "reload", help="let the configuration file hold as it is now, as far as that can be at once"
    )
    history = calls.add_parser("history", help="what became of the parked calls")
    begin = history.add_mutually_exclusive_group()
    begin.add_argument("--days", type=float, default=7.0, metavar="N", help="of the last N days (7)")
    begin.add_argument("--since", metavar="WHEN", help="since a date, or date and time (2026-11-24T14:30), of the site")
    history.add_argument("--place", default="", metavar="PLACE", help="of one place")
    history.add_argument("--limit", type=int, default=1000, metavar="N", help="the newest N (1000, 2000 at most)")
    history.add_argument("--statistics", action="store_true", help="count instead: waits, endings, places, hours")
    history.add_argument("--json", action="store_true")
    events = calls.add_parser("events", help="follow what happens, one line per event, until interrupted")
    events.add_argument("--json", action="store_true")
    for call in (status, press, park, retrieve, hunt, drain, bundle, off, reload, history, events):
        _state(call)


def _hunt_calls(calls: Calls) -> None:
    for name, text in (("login", "ring a member again"), ("logout", "ring a member no more")):
        change = calls.add_parser(name, help=text)
        change.add_argument("group", metavar="GROUP")
        change.add_argument("member", metavar="EXT")
        change.add_argument("--state", type=Path, default=argparse.SUPPRESS, metavar="DIR")


def _state(call: argparse.ArgumentParser) -> None:
    default = Path(os.environ.get("PARKDECK_STATE", STATE_DIR))
    call.add_argument("--state", type=Path, default=default, metavar="DIR", help=f"the service's folder ({default})")


def _run(arguments: argparse.Namespace) -> int:  # noqa: C901, PLR0911, PLR0912 - a table: one case for each call
    match arguments.call:
        case "run":
            return _serve(arguments)
        case "check-config":
            return _check(arguments.config)
        case "dump-config":
            return _dump(arguments.config, changed=arguments.changed)
        case "status":
            return _status(arguments.state, as_json=arguments.json)
        case "drain":
            return _drain(arguments.state, unless_restart=arguments.unless_restart)
        case "bundle":
            return _bundle(arguments.state, arguments.output)
        case "relays-off":
            return _relays_off(arguments.state)
        case "replay":
            return _replay(arguments.file)
        case "hunt":
            return _hunt(arguments)
        case "reload":
            return _reload(arguments.state)
        case "history":
            return _history(arguments)
        case "events":
            return _events(arguments.state, as_json=arguments.json)
        case _:
            return _order(arguments)


def _serve(arguments: argparse.Namespace) -> int:
    from appliance import app  # noqa: PLC0415 - the SIP stack is loaded by the service alone

    logs.set_up(verbose=arguments.verbose)
    return app.serve(arguments.config, arguments.state)


def _check(path: Path) -> int:
    from appliance import settings  # noqa: PLC0415 - the commands that ask a service need no configuration
    from appliance.config.load import load  # noqa: PLC0415 - as above

    settings.verify_board(load(path))
    print(f"{path}: well")
    return OK


def _dump(path: Path, *, changed: bool) -> int:
    from appliance.config.dump import dump  # noqa: PLC0415 - as above
    from appliance.config.load import load  # noqa: PLC0415 - as above

    print(dump(load(path), changed_only=changed), end="")
    return OK


def _order(arguments: argparse.Namespace) -> int:
    match arguments.call:
        case "press":
            client.ask(arguments.state, do="press", panel=arguments.panel, key=arguments.key, hold=arguments.hold)
        case "park":
            client.ask(arguments.state, do="park", place=arguments.place, station=arguments.station)
        case "retrieve":
            client.ask(arguments.state, do="retrieve", place=arguments.place, to=arguments.to)
    return OK


def _drain(state_dir: Path, *, unless_restart: bool) -> int:
    if unless_restart and restart.is_restart():
        print("the service is being restarted: calls stay where they are, the next process takes them over")
        return OK
    answer = client.ask(state_dir, within=DRAIN_PATIENCE, do="drain")
    left = answer["legs"]
    print("nobody waits any more" if answer["over"] else f"the time is over: {left} calls are left")
    return OK if answer["over"] else REFUSED


def _relays_off(state_dir: Path) -> int:
    for line in relays.switch_off(relays.place_of_note(state_dir)):
        print(f"relay {line}: off")
    return OK


def _replay(path: Path) -> int:
    from appliance import flight, replay  # noqa: PLC0415 - as above
    from appliance.status import own_version  # noqa: PLC0415 - as above

    recorded = flight.load(path)
    comparison = replay.compare(recorded)
    print(replay.text(recorded, comparison, own_version()))
    return OK if comparison.difference is None else REFUSED


def _bundle(state_dir: Path, output: Path | None) -> int:
    print(
        client.ask(
            state_dir, within=BUNDLE_PATIENCE, do="bundle", output="" if output is None else str(output.resolve())
        )
    )
    return OK


def _status(state_dir: Path, *, as_json: bool) -> int:
    answer = client.ask(state_dir, do="status")
    if as_json:
        print(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        print("\n".join(tables.status(answer)))
    return REFUSED if answer["health"] else OK


def _hunt(arguments: argparse.Namespace) -> int:
    if arguments.change is not None:
        present = arguments.change == "login"
        client.ask(arguments.state, do="hunt", group=arguments.group, member=arguments.member, present=present)
    else:
        print("\n".join(tables.hunt_groups(client.ask(arguments.state, do="status")["hunt_groups"])))
    return OK


def _reload(state_dir: Path) -> int:
    answer = client.ask(state_dir, do="reload")
    print("\n".join(tables.reload(answer)))
    return OK


def _history(arguments: argparse.Namespace) -> int:
    """Print the newest records, oldest first, or what can be counted in them."""
    since = arguments.since or time.time() - arguments.days * DAY
    wanted = {"since": since, "place": arguments.place}
    if arguments.statistics:
        answer = client.ask(arguments.state, do="statistics", **wanted)
    else:
        answer = client.ask(arguments.state, do="history", limit=arguments.limit, **wanted)
    if arguments.json:
        print(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        print("\n".join(tables.statistics(answer) if arguments.statistics else tables.history(answer)))
    return OK


def _events(state_dir: Path, *, as_json: bool) -> int:
    for event in client.follow(state_dir):
        print(json.dumps(event, ensure_ascii=False) if as_json else tables.event(event), flush=True)
    return OK


if __name__ == "__main__":
    sys.exit(main())
