"""The live line: the lamps of a panel as they blink, the amplifier, how loud the loudspeaker is, who comes back when."""

import time

from hardware.patterns import Pattern, shown
from tests.lab import hearing
from tests.lab.demo_screen import Piece, meter
from tests.lab.demo_shop import FORGOTTEN, KEYS, SPOKEN, Shop

_BAR = 10


def office(shop: Shop) -> list[Piece]:
    """Return the line under the story: the three people's lamps in the office."""
    pieces: list[Piece] = [("dim", "    lamps  ")]
    for key in ("4", "5", "6"):
        pieces += [f"{SPOKEN[KEYS[key]]} ", _lamp(shop, "office", key), "   "]
    return [*pieces, *_loudspeaker(shop), *_coming_back(shop)]


def counter(shop: Shop) -> list[Piece]:
    """Return the line under everything when the demo stays up: all lamps at the counter."""
    pieces: list[Piece] = [("dim", "  lamps  ")]
    for key in KEYS:
        pieces += [key, _lamp(shop, "counter", key), "  "]
    return [*pieces, *_loudspeaker(shop), *_coming_back(shop, bar=False)]


def _lamp(shop: Shop, panel: str, key: str) -> Piece:
    pattern, since = shop.watch.shown("lamp", panel, key)
    lit = shown(Pattern(pattern or "off"), since, time.monotonic()).lit
    return ("lit", "●") if lit else ("dim", "○")


def _loudspeaker(shop: Shop) -> list[Piece]:
    closed = bool(shop.watch.shown("relay", "amp")[0])
    bar = meter(hearing.level(shop.just_now()))
    return [("dim", " amplifier "), ("good", "on ") if closed else ("dim", "off"), " ", ("voice", bar)]


def _coming_back(shop: Shop, *, bar: bool = True) -> list[Piece]:
    waiting = [place for place in shop.watch.status["places"] if place["recall_in"] is not None]
    if not waiting:
        return []
    first = min(waiting, key=lambda place: place["recall_in"])
    left = first["recall_in"]
    pieces: list[Piece] = [f"  {first['caller']['name']} comes back in {left:2.0f} s"]
    if bar:
        full = round(min(left / FORGOTTEN, 1) * _BAR)
        pieces += [" ", ("lit", "━" * full), ("dim", "─" * (_BAR - full))]
    return pieces
