"""A process that writes for ever: `python -m tests.store.scribbler PATH SEED`. Prints the number of each write that has landed.

What it writes is decided by the seed alone, so that whoever kills it knows what must be there.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

from appliance.core.ids import LegId
from appliance.core.state import Leg
from appliance.store.journal import SqliteJournal
from tests.store.legs import after, scribble

Write = tuple[dict[LegId, Leg], list[LegId], dict[LegId, Leg]]


def writes(seed: int) -> Iterator[Write]:
    """Yield writes: what changes, who is gone, and the picture after it."""
    random = Random(seed)  # noqa: S311
    picture: dict[LegId, Leg] = {}
    while True:
        changed, gone = scribble(random, picture)
        picture = after(picture, changed, gone)
        yield changed, gone, picture


async def main(path: Path, seed: int) -> None:
    journal = SqliteJournal(path, lambda event: os.write(1, f"{event}\n".encode()), asyncio.get_running_loop())
    await journal.start()
    window = asyncio.Semaphore(1 + seed % 5)
    for number, (changed, gone, _) in enumerate(writes(seed), 1):
        await window.acquire()

        def landed(number: int = number) -> None:
            os.write(1, f"{number}\n".encode())
            window.release()

        journal.write(changed, gone, landed)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
