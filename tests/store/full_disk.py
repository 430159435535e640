"""A process whose disk becomes full and has room again: `python -m tests.store.full_disk PATH`. Prints what it is told.

The kernel's limit for the size of a file makes every write beyond it fail, for root too.
"""

import asyncio
import resource
import sys
from pathlib import Path

from appliance.core.events import AdapterFault, Event
from appliance.store.journal import SqliteJournal
from tests.store.legs import by_id, parked

ROOM = 64 * 1024
LARGE = "x" * 4 * ROOM


async def main(path: Path) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def post(event: Event) -> None:
        assert isinstance(event, AdapterFault)
        told.put_nowait(event.detail or "well again")

    journal = SqliteJournal(path, post, loop, retry=0.1)
    await journal.start()
    await landed(journal, 1)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, most))
    await landed(journal, 2, LARGE)
    print(await told.get(), flush=True)
    await landed(journal, 3)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    print(await told.get(), flush=True)
    await landed(journal, 4)
    assert told.empty()
    await journal.stop()


async def landed(journal: SqliteJournal, number: int, name: str = "") -> None:
    done = asyncio.Event()
    journal.write(by_id(parked(number, name=name)), (), done.set)
    await done.wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
