"""What no single value shows: keys that contradict or refer to each other, and files that are not there.

Each check takes the draft of the tree and yields findings; it names what it can although other sections are missing.
`every` is all of them.
"""

from collections.abc import Callable, Iterator

from appliance.config.checks import codes, files, names, numbers, recall, wiring
from appliance.config.draft import Draft
from appliance.errors import Finding

Check = Callable[[Draft], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    *numbers.CHECKS,
    *names.CHECKS,
    *codes.CHECKS,
    *recall.CHECKS,
    *wiring.CHECKS,
    *files.CHECKS,
)


def every(draft: Draft) -> Iterator[Finding]:
    """Run all checks."""
    for check in CHECKS:
        yield from check(draft)
