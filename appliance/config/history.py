"""What is remembered of parked calls (`P-33`)."""

from typing import Annotated

from appliance.config.rule import whole
from appliance.config.table import Table
from appliance.config.values import Flag

Days = Annotated[int, whole("whole number of days", 1, 3650, 30)]


class History(Table):
    """One record for each call that was parked."""

    keep_days: Days = 30
    """Days after which a record is deleted."""
    hide_numbers: Flag = False
    """Whether numbers and names of callers are left out."""
