"""One step of the story on the screen: what is done, and under it what was seen of it, with ticks, crosses and times."""

import re
import textwrap
import time
from dataclasses import dataclass, field

from tests.lab.demo_screen import Piece, Screen

_WHERE = 11
"""Columns that say where something was seen."""
_TIMES = 18
"""Columns of a time and its limit."""
_TAIL = 12
"""Lines of a log that are shown when something went wrong."""
_LONGEST = 200
_TELLING = re.compile(r"---|\[|<[0-6]>|\d+\.\d{3} ")
"""How lines begin that are shown: of the parts' logs and of what happened, not the inside of a SIP message."""


@dataclass(slots=True)
class Step:
    """One step, while it is told and afterwards. Times are in seconds here and in milliseconds on the screen."""

    screen: Screen
    number: int
    title: str
    hint: str
    crosses: int = 0
    marks: list[tuple[str, float]] = field(default_factory=list)
    """The times that matter: name and seconds."""
    over: bool = False
    _since: float = 0.0

    @property
    def good(self) -> bool:
        """Whether it went through, and every check with it."""
        return self.over and not self.crosses

    def head(self) -> None:
        """Write the title."""
        room = max(self.screen.width - 6 - len(self.title), 1)
        self.screen.line()
        self.screen.line(("title", f" {self.number}  {self.title}"), ("dim", f"{self.hint:>{room}}"))
        self.screen.rule()

    def tell(self, text: str) -> None:
        """Say what is being done; times count from now, or from `since`."""
        for line in textwrap.wrap(text, self.screen.width - 5):
            self.screen.line("    ", ("bold", line))
        self._since = time.monotonic()

    def since(self, instant: float) -> float:
        """Let times count from an instant."""
        self._since = instant
        return instant

    def seen(
        self,
        where: str,
        what: str,
        at: float | None = None,
        *,
        good: bool = True,
        voice: bool = False,
        within: float | None = None,
        lenience: float = 10.0,
        mark: str = "",
    ) -> bool:
        """Write what was seen and when; `voice`: these words were heard.

        `within` so many seconds is what the rules promise: later is marked, since the machine may be busy with other
        things; `lenience` times as late is wrong, as is never.
        """
        took = None if at is None else max(at - self._since, 0.0)
        good = good and (within is None or (took is not None and took <= lenience * within))
        if took is not None and mark:
            self.marks.append((mark, took))
        self.crosses += not good
        room = max(self.screen.width - 9 - _WHERE - _TIMES, 20)
        first, *rest = textwrap.wrap(what, room)
        style = "voice" if voice else ""
        self.screen.line(
            *_tick(good=good),
            ("where", f"{where:<{_WHERE}}"),
            (style, f"{first:<{room}}"),
            *_times(took, within),
        )
        for line in rest:
            self.screen.line(" " * (8 + _WHERE), (style, line))
        return good

    def broke(self, error: BaseException) -> None:
        """Write why the step ended early, with what the part that failed says of it."""
        self.crosses += 1
        first, *rest = str(error).splitlines() or [repr(error)]
        self.screen.line(*_tick(good=False), ("bad", first))
        if not any("of the box" in line for line in rest):  # the box is shown in any case
            self.logs(rest)

    def logs(self, lines: list[str]) -> None:
        """Write the end of a log, without what only its own programmer reads."""
        room = self.screen.width - 11 if self.screen.moving else _LONGEST
        for line in [line for line in lines if _TELLING.match(line)][-_TAIL:]:
            self.screen.line(("dim", f"        │ {line[:room]}"))


def _tick(*, good: bool) -> tuple[Piece, ...]:
    return "      ", ("good", "✓") if good else ("bad", "✗"), " "


def _times(took: float | None, within: float | None) -> tuple[Piece, ...]:
    if took is None:
        return ()
    time_taken: tuple[Piece, ...] = (("bold", f"{took * 1000:>6.0f}"), ("dim", " ms"))
    if within is None:
        return time_taken
    return (*time_taken, ("dim" if took <= within else "bad", f"  of {within * 1000:.0f}"))


def table(screen: Screen, steps: list[Step]) -> None:
    """Write all steps with their ticks and the times that matter."""
    screen.line()
    screen.line(("title", " What was shown"), ("dim", f"{'milliseconds':>{screen.width - 17}}"))
    screen.rule()
    for step in steps:
        tick: Piece = ("good", "✓") if step.good else ("bad", "✗")
        screen.line("  ", tick, f" {step.number}  {step.title:<22}", *_marks(step))


def _marks(step: Step) -> list[Piece]:
    if not step.over:
        return [("bad", "broken off" if step.crosses else "not begun")]
    pieces: list[Piece] = [("bad", f"{step.crosses} wrong   ")] if step.crosses else []
    for name, took in step.marks:
        pieces += [("dim", f"{name} "), f"{took * 1000:.0f}  "]
    return pieces
