"""Recall and hunting: modes that need something which another key must say."""

from collections.abc import Iterator

from appliance.config.draft import Draft
from appliance.config.rule import quote
from appliance.errors import Finding

_REMEDY = 'add alternate = "850", or write recall_mode = "parker"'


def _alternates(draft: Draft) -> Iterator[Finding]:
    """The alternate modes need an alternate, of the group or of the site (P-20)."""
    mode, alternate = (draft.park.recall_mode, draft.park.alternate) if draft.park else ("parker", "unknown")
    if mode != "parker" and not alternate:
        yield Finding("park.alternate", f"is missing, and recall_mode is {quote(mode)}", _REMEDY)
        return
    for found in draft.groups:
        own = found.value.recall_mode
        if own is not None and own != "parker" and not (found.value.alternate or alternate):
            yield Finding(f"{found.path}.alternate", f"is missing, and recall_mode is {quote(own)}", _REMEDY)


def _weights(draft: Draft) -> Iterator[Finding]:
    """The weighted policy needs a weight for each member, and one above 0 (P-28)."""
    for found in draft.hunt_groups:
        if found.value.policy != "weighted":
            continue
        for index, member in enumerate(found.value.members):
            if member.weight is None:
                remedy = f"write {{ number = {quote(member.number)}, weight = 60 }}"
                yield Finding(f"{found.path}.members[{index}].weight", 'is missing, and policy is "weighted"', remedy)
        if all(member.weight == 0 for member in found.value.members):
            yield Finding(f"{found.path}.members", "all have the weight 0", "give at least one a weight above 0")


def _chimes(draft: Draft) -> Iterator[Finding]:
    """A chime before the recall needs zones that have one (P-19)."""
    for found in draft.zones:
        if draft.park and draft.park.recall_chime and found.value.chime == "off":
            yield Finding(f"{found.path}.chime", 'is "off", and park.recall_chime is true', 'write chime = "ding"')


CHECKS = (_alternates, _weights, _chimes)
