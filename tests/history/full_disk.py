"""A history whose disk becomes full and has room again: `python -m tests.history.full_disk PATH`. Prints what it is told.

The kernel's limit for the size of a file makes every write beyond it fail, for root too.
"""

import queue
import resource
import sys
from pathlib import Path

from appliance.core.events import AdapterFault, Event
from appliance.core.ids import LegId, Party, Place, Ticket
from appliance.core.orders import Report, What
from appliance.history.history import History

ROOM = 64 * 1024
CALLS = 200
LIMIT = 20.0


def main(path: Path) -> None:
    told: queue.Queue[str] = queue.Queue()

    def post(event: Event) -> None:
        assert isinstance(event, AdapterFault)
        told.put(event.detail or "well again")

    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, most))
    history = History(path, post)
    history._writer._retry = 0.05
    history.start()
    for number in range(1, CALLS + 1):
        for what in (What.PARKED, What.ABANDONED):
            caller = Party(str(number), "x" * 500)
            history.tell(Report(what, Place("102"), LegId(number), caller, ticket=Ticket(number)))
    print(told.get(timeout=LIMIT), flush=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    print(told.get(timeout=LIMIT), flush=True)
    history.stop()
    assert told.empty()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
