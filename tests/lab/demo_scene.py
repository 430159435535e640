"""What the steps of the story have in common: people talk, a call is parked, announced, taken; and each is checked."""

import time
from collections.abc import Iterable

from tests.lab import demo_ears, hearing
from tests.lab.box import Event
from tests.lab.demo_ears import Said
from tests.lab.demo_shop import KEYS, SPOKEN, Shop
from tests.lab.demo_step import Step
from tests.lab.demo_wire import Message
from tests.lab.phone import TONES, Call
from tests.lab.process import LIMIT, until

NAMES = {"customer": "Müller", "customer2": "Huber", "customer3": "Jansen", **SPOKEN}
GROUP = "Würde ein Mitglied von Verkauf bitte einen Anruf auf Leitung {} übernehmen."
KEY_OF = {place: key for key, place in KEYS.items()}

MUSIC_WITHIN, LAMPS_WITHIN, SILENT_WITHIN = 0.25, 0.15, 0.3
"""Seconds until the caller hears music (PBX and both jitter buffers are in between), lamps change, the loudspeaker is silent."""
LEAD, CHIME = 0.3, (659.26, 523.25)
"""Seconds from the relay to the sound, and the two strokes of the chime in Hz."""
_AFTERWARDS = 0.2  # seconds until what is heard is certainly from after a release
_LISTEN = 0.1  # seconds between two tries to understand: it is work
_LATE = 0.05  # the relay is looked at a hundred times a second, on a busy machine more seldom


def digits(number: str) -> str:
    """Return a number as announcements spell it."""
    return " ".join(number)


def person(number: str) -> str:
    """Return the announcement of a call for somebody."""
    return f"Ein Anruf für {SPOKEN[number]}, geparkt auf {digits(number)}."


def confirmation(number: str, *, line: bool = False) -> str:
    """Return what an attended parker hears."""
    return f"Geparkt auf {'Leitung ' if line else ''}{digits(number)}."


ANNOUNCED = tuple(sentence for number in SPOKEN for sentence in (person(number), GROUP.format(digits(number))))
CONFIRMED = tuple(confirmation(number, line=line) for number in SPOKEN for line in (False, True))


class Scene:
    """One step in the making."""

    def __init__(self, shop: Shop, step: Step) -> None:
        self.shop = shop
        self.step = step

    # -- people ----------------------------------------------------------------------------------------------------

    def connect(self, caller: str, callee: str) -> tuple[Call, Call]:
        """Let somebody call somebody, who answers; return both ends once they hear each other."""
        there = self.shop.phone(caller).dial(callee)
        here = self.shop.phone(callee).incoming().answer()
        there.wait_answered()
        _wait_both(there, here)
        return there, here

    def hear_each_other(self, one: Call, other: Call, *, since: float | None = None, mark: str = "") -> None:
        """Check that each hears the other's tone and nobody else; with an instant, from when on."""
        _wait_both(one, other)
        at = None
        if since is not None:
            at = max(_first_tone(one, other, since), _first_tone(other, one, since))
        names = f"{name(one)} and {name(other)} hear each other"
        self.step.seen("audio", f"{names}: {_tone(one):.0f} and {_tone(other):.0f} Hz", at, mark=mark)

    def shows(self, call: Call, what: str, number: str, *, mark: str = "") -> None:
        """Check the display of a phone that is called."""
        shown = call.invite
        text = " ".join((shown["name"], shown["number"]))
        good = (shown["name"], shown["number"]) == (what, number)
        self.step.seen(f"phone {call.phone.number}", f"rings and shows  {text}", shown.at, good=good, mark=mark)

    # -- the wire --------------------------------------------------------------------------------------------------

    def request(self, start: str, number: str, since: float, *, ours: bool, having: Iterable[str] = ()) -> Message:
        """Wait for a request between PBX and box; `ours`: the box sends it. `having`: headers that it must have."""

        def fits(one: Message) -> bool:
            there = all(one.header(header) for header in having)
            return one.start == start and one.to_pbx == ours and one.number == (number or one.number) and there

        return self.shop.wire.wait(fits, f"{start} {number}", since, self.shop.box_port)

    def response(self, request: Message, code: str) -> Message:
        """Wait for the response to a request."""

        def fits(one: Message) -> bool:
            return one.start == code and one.answers(request)

        return self.shop.wire.wait(fits, f"{code} to {request.start}", request.at, self.shop.box_port)

    # -- parked ----------------------------------------------------------------------------------------------------

    def arrives(self, code: str, parker: str, since: float) -> None:
        """Check the INVITE of a blind transfer and its answer."""
        invite = self.request("INVITE", code, since, ours=False)
        answer = self.response(invite, "200")
        by = invite.header("referred-by")
        text = f"INVITE {code}, Referred-By: {parker}; the box says 200 OK"
        self.step.seen("wire", text, answer.at, good=f"sip:{parker}@" in by)

    def parked(self, place: str, parker: str, since: float) -> Event:
        """Wait until a call is parked."""
        event = self.shop.box.wait_for("parked", after=since, place=place)
        if event["by"]["number"] != parker:
            self.step.seen("box", f"{event['by']} has parked, not {parker}", good=False)
        return event

    def music(self, caller: Call, since: float, other_tones: Iterable[float], mark: str = "music") -> None:
        """Check that the caller hears the box's music, from soon on."""
        at = until(
            lambda: demo_ears.music_since(caller.heard(3.0).between(since, time.monotonic()), tuple(other_tones)),
            f"{name(caller)} hears music",
            tail=self.shop.box.tail,
        )
        self.step.seen(name(caller), "hears music", at, within=MUSIC_WITHIN, mark=mark)

    def still_music(self, caller: Call, text: str) -> None:
        """Check that the caller hears music and nobody."""
        since = time.monotonic()
        heard = caller.wait_heard(lambda sound: sound.end > since + 0.4, "anything").between(since, since + 0.4)
        lonely = all(hearing.lacks_tone(heard, tone, floor=-25) for tone in TONES.values())
        self.step.seen(name(caller), text, good=lonely and hearing.level(heard) > hearing.QUIET)

    def lamps(self, place: str, text: str, since: float, *, counter: str, office: str, mark: str = "") -> None:
        """Check what the lamps of a place show at the two panels."""
        wanted = (("counter", counter), ("office", office))
        at = max(self.shop.watch.wait(("lamp", panel, KEY_OF[place]), lamp, since) for panel, lamp in wanted)
        self.step.seen("lamps", text, at, within=LAMPS_WITHIN, mark=mark)

    # -- the loudspeaker -------------------------------------------------------------------------------------------

    def chime(self, since: float, *, mark: str = "") -> float:
        """Check relay, lead and chime of an announcement; return when the chime began."""
        relay = self.shop.watch.wait(("relay", "amp"), True, since)
        self.step.seen("relay", "closes, the amplifier wakes up", relay)
        at = until(lambda: hearing.first_sound(self.shop.speaker.heard(since)), "a chime", tail=self.shop.box.tail)
        strokes = [self.shop.speaker.wait_heard(0.3, at + begin) for begin in (0.0, 0.5)]
        both = all(hearing.tone_level(one, tone) > -35 for one, tone in zip(strokes, CHIME, strict=True))
        late = at - relay
        text = f"ding-dong, {late * 1000:.0f} ms after the relay (lead {LEAD * 1000:.0f})"
        self.step.seen("speaker", text, at, good=both and late >= LEAD - _LATE, mark=mark)
        return at

    def announced(self, sentence: str, since: float, *, share: float = 1.0, mark: str = "words") -> Said:
        """Wait until that share of an announcement was heard, check that it was this one."""

        def found() -> Said | None:
            time.sleep(_LISTEN)
            return demo_ears.find(self.shop.speaker.heard(since), sentence, share)

        said = until(found, f"the loudspeaker says {sentence!r}", tail=self.shop.box.tail)
        assert said is not None
        right = share < 1 or demo_ears.best(self.shop.speaker.heard(since), ANNOUNCED) == sentence
        self.step.seen("speaker", f"„{demo_ears.aloud(sentence)}“", said.start, good=right, voice=True, mark=mark)
        return said

    def told(self, parker: Call, sentence: str, mark: str = "told") -> None:
        """Wait until an attended parker has heard where."""

        def found() -> Said | None:
            time.sleep(_LISTEN)
            return demo_ears.find(parker.heard(), sentence)

        said = until(found, f"{name(parker)} hears {sentence!r}", tail=self.shop.box.tail)
        assert said is not None
        right = demo_ears.best(parker.heard(), CONFIRMED) == sentence
        text = f"hears „{demo_ears.aloud(sentence)}“"
        self.step.seen(name(parker), text, said.start, good=right, voice=True, mark=mark)

    def quiet_since(self, since: float) -> None:
        """Check that the loudspeaker has said nothing since an instant."""
        silent = hearing.first_sound(self.shop.speaker.heard(since)) is None
        self.step.seen("speaker", "silent: nothing is parked yet", good=silent)

    def falls_silent(self, since: float, text: str, *, mark: str = "") -> float:
        """Check that the loudspeaker fell silent soon after an instant; return when."""
        heard = self.shop.speaker.wait_heard(SILENT_WITHIN + 0.4, since)
        at = hearing.last_sound(heard) or since
        self.step.seen("speaker", text, at, within=SILENT_WITHIN, lenience=2, mark=mark)
        return at

    # -- taken -----------------------------------------------------------------------------------------------------

    def taken(self, place: str, since: float) -> Event:
        """Wait until the call on a place is taken."""
        return self.shop.box.wait_for("retrieved", after=since, place=place)

    def lamps_out(self, place: str, since: float, mark: str = "") -> None:
        """Check that the lamps of a place go out at all panels."""
        self.lamps(place, f"{place} goes out on both panels", since, counter="off", office="off", mark=mark)

    def released(self, one: Call, other: Call, since: float) -> None:
        """Check that the PBX has joined the two and they talk on, and that the box has left: no leg, two phones at the PBX."""
        refer = self.request("REFER", "", since, ours=True)
        self.response(refer, "202")
        with_replaces = "replaces=" in refer.header("refer-to").lower()
        at = self.shop.watch.wait(("legs",), 0, since)
        channels = self.shop.pbx.channels()
        time.sleep(_AFTERWARDS)
        _wait_both(one, other)
        text = "REFER with Replaces, 202: they talk on without the box"
        self.step.seen("wire", text, at, good=with_replaces and channels == 2)

    def hang_up(self, *calls: Call) -> None:
        """End calls."""
        for call in calls:
            call.hang_up()
        for call in calls:
            call.wait_ended()


def name(call: Call) -> str:
    """Return who holds a phone."""
    return NAMES[call.phone.line.account]


def _wait_both(one: Call, other: Call) -> None:
    one.wait_tones(_tone(other))
    other.wait_tones(_tone(one))


def _tone(call: Call) -> float:
    return TONES[call.phone.line.account]


def _first_tone(ear: Call, mouth: Call, since: float) -> float:
    found = hearing.first_tone(ear.heard().between(since, since + LIMIT), _tone(mouth))
    return time.monotonic() if found is None else found
