"""How many processes there were before this one, counted on the disk, so that two in a row can differ in something."""

import logging
import random
from pathlib import Path

log = logging.getLogger(__name__)


def begin(path: Path) -> int:
    """Return the number of this life and count it; a guess where the disk refuses."""
    try:
        number = int(path.read_text()) + 1
    except (OSError, ValueError):
        number = random.randrange(2)  # noqa: S311 - no secret
    try:
        path.write_text(str(number))
    except OSError as error:
        log.warning("%s cannot be written: %s", path, error)
    return number
