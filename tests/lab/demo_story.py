"""The story of the origin in six steps: callers want somebody who is not there, and nobody loses them."""

from collections.abc import Callable

from appliance.errors import ParkdeckError
from tests.lab import hearing
from tests.lab.demo_scene import GROUP, Scene, confirmation, digits, person
from tests.lab.demo_screen import Screen
from tests.lab.demo_shop import FORGOTTEN, Shop
from tests.lab.demo_step import Step
from tests.lab.hearing import Sound
from tests.lab.music import MUSIC
from tests.lab.people import pick_up
from tests.lab.phone import TONES, Call
from tests.lab.process import LabError

MUELLER, HUBER = "+49301234567", "+4989555123"
PETER = (TONES["101"],)
REJECT = 0.24
"""The German reject tone (Gassenbesetztton): 425 Hz, so many seconds on and so many off."""
TAIL = 2.0
"""Seconds from the last sound until the relay opens."""
NEAR = 15.0
"""Seconds before a call comes back in which its lamp flashes fast."""
REPEAT = 19.0
"""Seconds in which an announcement that was said is not said again; then it is."""
ACCURATE = 0.25
"""Seconds that a timer may be off."""


def for_anna(scene: Scene) -> None:
    """Blind transfer, announcement, taken by the key beside another's phone."""
    step, shop = scene.step, scene.shop
    step.tell("Müller calls Peter. He wants Anna, but she is not at her desk.")
    customer, peter = scene.connect("customer", "101")
    scene.hear_each_other(customer, peter)
    step.tell("Peter transfers him to *68102, which parks him on 102, and hangs up.")
    since = step.since(peter.blind_transfer("*68102"))
    scene.arrives("*68102", "101", since)
    scene.parked("102", "101", since)
    scene.music(customer, since, PETER)
    scene.lamps("102", "102 flashes slowly on both panels", since, counter="slow", office="slow", mark="lamp")
    scene.chime(since, mark="chime")
    scene.announced(person("102"), since, share=0.8)
    step.tell("Anna hears it in the office and presses the flashing key beside Jens's phone.")
    pressed = step.since(shop.box.press("office", "5", hold=0.05))
    call = shop.phone("103").incoming()
    scene.shows(call, "Müller", MUELLER)
    picked_up = call.wait_answered().wait_for("answered").at
    asked = "answer-after=0" in call.invite["call_info"]
    step.seen("phone 103", "picks up by itself, as the box asked (answer-after=0)", picked_up, good=asked, mark="taken")
    scene.taken("102", pressed)
    _at_an_end(scene, customer, call, picked_up)


def _at_an_end(scene: Scene, customer: Call, call: Call, picked_up: float) -> None:
    step = scene.step
    step.tell("She is through. Nobody else needs to come.")
    step.since(picked_up)
    silent = scene.falls_silent(picked_up, "silent, in the middle of a word", mark="silent")
    scene.lamps_out("102", picked_up, mark="out")
    scene.hear_each_other(customer, call, since=picked_up)
    scene.released(customer, call, picked_up)
    opened = scene.shop.watch.wait(("relay", "amp"), False, picked_up)
    late = opened - silent
    text = f"opens {late:.1f} s after the last sound (tail {TAIL:.1f})"
    step.seen("relay", text, opened, good=abs(late - TAIL) < ACCURATE)
    scene.hang_up(customer, call)


def asked_first(scene: Scene) -> None:
    """Attended transfer, announcement, taken by code at her own phone."""
    step, shop = scene.step, scene.shop
    step.tell("Müller is back. Peter puts him on hold and calls *68102 himself.")
    customer, peter = scene.connect("customer", "101")
    peter.hold()
    consulting = shop.phone("101").dial("*68102")
    since = step.since(consulting.wait_for("dialling").at)
    scene.told(consulting, confirmation("102"))
    scene.quiet_since(since)
    step.tell("He completes the transfer.")
    since = step.since(peter.attended_transfer(consulting))
    _turns_into(scene, MUELLER, since)
    scene.parked("102", "101", since)
    scene.music(customer, since, MUSIC)
    scene.announced(person("102"), since)
    step.tell("Anna dials *88102 at her own phone.")
    _fetched(scene, customer, "102", "102")


def _turns_into(scene: Scene, number: str, since: float) -> None:
    """Check that the PBX tells the box who is on the line now."""
    update = scene.request("INVITE", "800", since, ours=False, having=("p-asserted-identity",))
    good = f"sip:{number}@" in update.header("p-asserted-identity")
    scene.step.seen("wire", f"re-INVITE, P-Asserted-Identity: Müller {number}", update.at, good=good)


def _fetched(scene: Scene, customer: Call, by: str, place: str, mark: str = "taken") -> None:
    """Let somebody dial for a parked call, check that he has it, and end it."""
    call = scene.shop.phone(by).dial(f"*88{place}")
    since = scene.step.since(call.wait_for("dialling").at)
    scene.taken(place, since)
    call.wait_answered()
    scene.hear_each_other(customer, call, since=since, mark=mark)
    shown = call.wait_shown(MUELLER)
    at = call.wait_for("shown", number=MUELLER).at
    scene.step.seen(f"phone {by}", f"shows  {shown.name} {shown.number}", at)
    scene.lamps_out(place, since)
    scene.released(customer, call, since)
    scene.hang_up(customer, call)


def elsewhere(scene: Scene) -> None:
    """Self park, taken up at another desk."""
    step = scene.step
    step.tell("Müller calls Jens, who needs the papers on Peter's desk: he transfers the call to *68#.")
    customer, jens = scene.connect("customer", "103")
    since = step.since(jens.blind_transfer("*68#"))
    scene.arrives("*68#", "103", since)
    scene.parked("103", "103", since)
    scene.music(customer, since, (TONES["103"],))
    text = "103 is lit steadily beside his own phone, flashes elsewhere"
    scene.lamps("103", text, since, counter="slow", office="steady")
    step.tell("At Peter's desk he dials *88103 and goes on talking.")
    _fetched(scene, customer, "101", "103")


def whoever(scene: Scene) -> None:
    """Group park: the box finds a place and says which."""
    step, shop = scene.step, scene.shop
    step.tell('Anybody in sales will do. Peter asks *58, which parks to the group "Verkauf".')
    customer, peter = scene.connect("customer", "101")
    peter.hold()
    consulting = shop.phone("101").dial("*58")
    step.since(consulting.wait_for("dialling").at)
    scene.told(consulting, confirmation("101", line=True))
    step.tell("He completes the transfer: the caller waits on 101, the first free place of the group.")
    since = step.since(peter.attended_transfer(consulting))
    scene.parked("101", "101", since)
    scene.announced(GROUP.format(digits("101")), since)
    step.tell("Anna has time and dials *88101.")
    _fetched(scene, customer, "102", "101")


def no_room(scene: Scene) -> None:
    """A taken place: the reject tone when asked first, a ring-back when not."""
    step, shop = scene.step, scene.shop
    step.tell("Müller waits on 102 already. Now Huber wants Anna, too: Peter asks *68102 first.")
    waiting, peter = scene.connect("customer", "101")
    since = peter.blind_transfer("*68102")
    scene.parked("102", "101", since)
    peter.wait_ended()
    customer, peter = scene.connect("customer2", "101")
    peter.hold()
    consulting = shop.phone("101").dial("*68102")
    step.since(consulting.wait_for("dialling").at)
    _rejected(scene, consulting)
    consulting.hang_up()
    consulting.wait_ended()
    peter.unhold()
    scene.hear_each_other(customer, peter)
    step.tell("Peter does not believe it and transfers him there blindly.")
    since = step.since(peter.blind_transfer("*68102"))
    scene.music(customer, since, PETER)
    call = shop.phone("101").incoming()
    scene.shows(call, "Platz 102 belegt · Huber", HUBER, mark="rung back")
    scene.still_music(customer, "hears music while it rings")
    step.tell("Peter has him back, and Müller is still where he was.")
    step.since(pick_up(call).wait_for("answered").at)
    scene.hear_each_other(customer, call)
    scene.still_music(waiting, "hears music, and nobody")
    scene.hang_up(customer, call, waiting)


def _rejected(scene: Scene, consulting: Call) -> None:
    """Check pitch and cadence of the reject tone."""

    def bursts(sound: Sound) -> bool:
        return len(hearing.cadence(sound)) >= 4

    heard = consulting.wait_heard(bursts, "a tone in bursts")
    found = hearing.cadence(heard)
    on, off = (sum(column) / len(found) for column in zip(*found, strict=True))
    good = hearing.is_cadence(heard, REJECT, REJECT, least=4) and hearing.tone_level(heard, 425) > -30
    text = f"hears the reject tone: 425 Hz, {on * 1000:.0f} ms on, {off * 1000:.0f} ms off"
    scene.step.seen("Peter", text, hearing.first_sound(heard), good=good, mark="reject tone")


def forgotten(scene: Scene) -> None:
    """Recall: nobody comes, and the caller comes back to his parker."""
    step, shop = scene.step, scene.shop
    step.tell(f"Müller is parked on 102 once more, and nobody comes. After {FORGOTTEN} s he comes back to Peter.")
    customer, peter = scene.connect("customer", "101")
    since = step.since(peter.blind_transfer("*68102"))
    parked = scene.parked("102", "101", since).at
    said = scene.announced(person("102"), since, mark="")
    near = shop.watch.wait(("lamp", "counter", "5"), "fast", since)
    in_time = abs(near - parked - FORGOTTEN + NEAR) < ACCURATE
    step.seen("lamps", "102 flashes fast: he will soon come back", near, good=in_time)
    shop.speaker.wait(said.end + REPEAT)
    scene.announced(person("102"), said.end, share=0.3, mark="")
    call = shop.phone("101").incoming(limit=FORGOTTEN + 10)
    step.since(parked)
    scene.shows(call, "Rückruf 102 · Müller", MUELLER, mark="came back")
    waited = call.invite.at - parked
    step.seen(
        "timer", f"{waited:.2f} s after he was parked (set: {FORGOTTEN})", good=abs(waited - FORGOTTEN) < ACCURATE
    )
    scene.still_music(customer, "hears music while it rings")
    step.tell("Peter answers and has him again.")
    since = step.since(pick_up(call).wait_for("answered").at)
    scene.falls_silent(since, "silent, in the middle of a word")
    scene.lamps_out("102", since)
    scene.hear_each_other(customer, call, since=since)
    scene.released(customer, call, since)
    scene.hang_up(customer, call)


STEPS: tuple[tuple[str, str, Callable[[Scene], None]], ...] = (
    ("A call for Anna", "transferred blindly · taken at a key", for_anna),
    ("Asked first", "attended transfer · taken by code at her own phone", asked_first),
    ("On at another desk", "parked on one's own extension · taken up elsewhere", elsewhere),
    ("Whoever has time", "parked to a group", whoever),
    ("No room", "the place is taken", no_room),
    ("Nobody comes", "a forgotten call comes back", forgotten),
)


def tell(shop: Shop, screen: Screen) -> list[Step]:
    """Tell the whole story; a step that breaks off does not keep the others from being told."""
    steps = [Step(screen, number, title, hint) for number, (title, hint, _) in enumerate(STEPS, 1)]
    for step, (_, _, play) in zip(steps, STEPS, strict=True):
        step.head()
        _play(shop, step, play)
        if step.crosses:
            step.logs(shop.box.tail().splitlines())
        if not shop.alive():
            screen.line(("bad", "      PBX or box have ended: the story ends here."))
            break
    return steps


def _play(shop: Shop, step: Step, play: Callable[[Scene], None]) -> None:
    """Play a step, then end whatever is left of it."""
    try:
        play(Scene(shop, step))
        step.over = True
    except (LabError, ParkdeckError) as error:
        step.broke(error)
    try:
        shop.phones.reset()
        shop.box.wait_idle()
        shop.pbx.wait_idle()
    except (LabError, ParkdeckError) as error:
        step.broke(error)
