"""When to try to register again, and where (S-7). Pure: outcomes in, delays out; the SIP thread has the clock.

A registrar that does not answer is left for the next candidate (another address of its name, then the backup) at once;
after a whole round in vain the delays grow. pjsip's own retry is off: it gives up for good on 401, 403 and 404.
"""

from dataclasses import dataclass, replace

from appliance.core.ids import Seconds

FIRST_DELAY = 2.0
LONGEST_DELAY = 30.0
REFUSED_DELAY = 60.0
"""A wrong password does not become right by asking often, and a PBX may lock us out."""
JITTER = 0.25
"""Part of a delay that chance may add or take, so that a hundred boxes do not come back in one second."""

NO_ANSWER = 0
_REFUSED = frozenset({401, 403, 407})


@dataclass(frozen=True, slots=True)
class Attempts:
    """How registering has gone so far."""

    candidates: int
    """How many addresses there are to try."""
    current: int = 0
    """Which of them is used now."""
    failures: int = 0
    """Failed attempts since the last success."""


def succeeded(attempts: Attempts) -> Attempts:
    """Registered: the next failure begins from the beginning."""
    return replace(attempts, failures=0)


def failed(attempts: Attempts, code: int, chance: float) -> tuple[Attempts, Seconds]:
    """Return what to do after a failure, and in how many seconds; `chance` is between 0 and 1."""
    after = replace(attempts, failures=attempts.failures + 1)
    if code in _REFUSED:
        return after, _jittered(REFUSED_DELAY if attempts.failures else 0.0, chance)
    if code == NO_ANSWER or code >= 500:  # noqa: PLR2004 - RFC 3261 section 21.5: this server cannot
        after = replace(after, current=(attempts.current + 1) % max(attempts.candidates, 1))
    rounds = attempts.failures // max(attempts.candidates, 1)
    return after, _jittered(_backed_off(rounds) if _round_over(attempts) else 0.0, chance)


def explain(code: int, user: str, server: str, reason: str) -> str:
    """Say for people why we are not registered."""
    if code in _REFUSED:
        return f"the PBX refuses user {user}: check sip.account password"
    if code == 404:  # noqa: PLR2004 - RFC 3261 section 21.4.5
        return f"the PBX does not know {user}: check sip.account extension"
    if code == NO_ANSWER:
        return reason or f"{server} does not answer"
    return f"{server} answers {code} {reason}".rstrip()


def _round_over(attempts: Attempts) -> bool:
    """The very first failure is tried again at once, and so is every candidate in turn."""
    return attempts.failures > 0 and (attempts.failures + 1) % max(attempts.candidates, 1) == 0


def _backed_off(rounds: int) -> float:
    return min(FIRST_DELAY * 2.0 ** min(max(rounds - 1, 0), 16), LONGEST_DELAY)


def _jittered(delay: float, chance: float) -> Seconds:
    return Seconds(delay * (1.0 - JITTER + 2.0 * JITTER * chance))
