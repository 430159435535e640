"""Whom phones display, who was sent on, and texts: every byte of it on the wire (P-16, P-17, P-25, P-29)."""

import logging
import threading
import time

import pytest

from appliance.core.events import AdapterFault, CallArrived, LegAnswered, LegDiverted, LegEnded
from appliance.core.ids import LegId, Party
from appliance.core.orders import Answer, Dial, Hangup, Message, Show
from appliance.sip.pjsua_display import SETTLED
from appliance.sip.uri import LONGEST_NAME, LONGEST_SHOWN
from tests.sip.rigs import ANNA, RealFar, RealRig, displayed, rig_of
from tests.sip.test_contract import BERND, MUSIC, OURS, answered, dial, dialled

pytestmark = pytest.mark.sip

ALLOW = ("Allow", "INVITE, ACK, CANCEL, BYE, UPDATE")
JANSEN = Party("+49301", "Jansen")


def real(tmp_path, **settings):
    return rig_of(RealRig, tmp_path, **settings)


async def updated(rig):
    """A caller whose phone understands UPDATE, and hears music."""
    far = RealFar(rig, await rig.peer.call("*68102", '"Anna" <sip:101@127.0.0.1>', [ALLOW]))
    far.leg = (await rig.event(CallArrived)).leg
    rig.sip.route({far.leg: MUSIC})
    rig.sip.obey(Answer(far.leg))
    await rig.event(LegAnswered, leg=far.leg)
    return far, far.leg


def asked(far) -> list[str]:
    """The UPDATEs and re-INVITEs that a phone has got, the first of each."""
    requests = [one for one in far.rig.peer.log if not one.is_response and one["Call-ID"] == far.dialog.call_id]
    found = {one["CSeq"]: one.method for one in requests if one.method in ("UPDATE", "INVITE")}
    return list(found.values())


# -- UPDATE, or a re-INVITE ----------------------------------------------------------------------------------------


@pytest.mark.rule("P-16")
async def test_an_update_names_him_and_leaves_the_sound_alone(tmp_path):
    """P-16: "by re-INVITE/UPDATE with P-Asserted-Identity"; without an offer there is nothing to negotiate."""
    async with real(tmp_path) as rig:
        far, leg = await updated(rig)
        await far.hears(MUSIC)
        slot = rig.sip._thread.legs[leg].slot
        rig.sip.obey(Show(leg, Party("103", "Jens Kaya")))
        request = await far.asked()
        host = f"127.0.0.1:{rig.peer.port}"
        assert request.method == "UPDATE"
        assert not request.body
        assert request.all("P-Asserted-Identity") == [f'"Jens Kaya" <sip:103@{host}>']
        remote = f'"Jens Kaya" <sip:103@{host}>;party=called;screen=yes;privacy=off'
        assert request.all("Remote-Party-ID") == [remote]
        assert not request.all("Privacy")
        await far.hears(MUSIC)
        assert rig.sip._thread.legs[leg].slot == slot
        await far.identify(BERND)  # an offer of his is still understood
        await far.hears(MUSIC)
        rig.sip.obey(Show(leg, BERND))
        assert displayed(await far.asked()) == BERND
        await far.hang_up()
        await rig.event(LegEnded, leg=leg)
        await rig.nothing_left()
        assert not rig.all(AdapterFault)


@pytest.mark.rule("P-16")
async def test_a_phone_that_knows_no_update_gets_a_reinvite_with_the_same_offer(tmp_path):
    async with real(tmp_path) as rig:
        far = await dialled(rig)
        rig.sip.route({OURS: MUSIC})
        await far.hears(MUSIC)
        rig.sip.obey(Show(OURS, ANNA))
        request = await far.asked()
        assert request.method == "INVITE"
        assert displayed(request) == ANNA
        assert ";party=calling;" in request["Remote-Party-ID"]
        media = [line for line in request.body.split("\r\n") if line.startswith("m=")]
        assert media == [line for line in far.dialog.invite.body.split("\r\n") if line.startswith("m=")]
        await far.hears(MUSIC)
        rig.sip.obey(Hangup(OURS))
        await rig.event(LegEnded, leg=OURS)
        await rig.nothing_left()


@pytest.mark.rule("P-16")
@pytest.mark.parametrize("code", [405, 501])
async def test_a_phone_that_only_said_that_it_knows_update_gets_a_reinvite(tmp_path, code):
    async with real(tmp_path) as rig:
        far, leg = await updated(rig)
        rig.sip.obey(Show(leg, BERND))
        assert (await far.asked(code)).method == "UPDATE"
        assert (await far.asked()).method == "INVITE"
        rig.sip.obey(Show(leg, ANNA))
        assert (await far.asked()).method == "INVITE"
        await far.hears(MUSIC)


@pytest.mark.rule("P-16")
async def test_what_is_displayed_already_is_not_said_again(tmp_path):
    """Our INVITE has told it; somebody else is said, and once."""
    async with real(tmp_path) as rig:
        far = await dialled(rig)
        rig.sip.obey(Show(OURS, BERND))
        rig.sip.obey(Show(OURS, JANSEN))
        await far.sees(JANSEN)
        rig.sip.obey(Show(OURS, JANSEN))
        rig.sip.obey(Show(OURS, BERND))
        await far.sees(BERND)
        assert asked(far) == ["INVITE"] * 3


@pytest.mark.rule("P-16")
async def test_who_is_wanted_last_is_told_next(tmp_path):
    """One request at a time: what was overtaken meanwhile is not said."""
    async with real(tmp_path) as rig:
        far, leg = await updated(rig)
        rig.sip.obey(Show(leg, ANNA))
        await rig.peer.until(lambda: asked(far), "UPDATE")
        for party in (BERND, JANSEN):
            rig.sip.obey(Show(leg, party))
        taken = threading.Event()
        rig.sip._thread.do(taken.set)
        await rig.peer.until(taken.is_set, "both orders are taken")
        await far.sees(ANNA)
        await far.sees(JANSEN)
        assert asked(far) == ["UPDATE"] * 2


@pytest.mark.rule("P-16")
@pytest.mark.parametrize("code", [491, 500])
@pytest.mark.parametrize("update", [True, False])
async def test_requests_that_cross_are_repeated(tmp_path, code, update):
    """RFC 3261 section 14.1: 491 is no refusal."""
    async with real(tmp_path) as rig:
        far, leg = await (updated(rig) if update else answered(rig))
        rig.sip.obey(Show(leg, BERND))
        await far.asked(code)
        await far.sees(BERND)
        await far.hears(MUSIC)


@pytest.mark.rule("P-16")
async def test_a_reinvite_of_the_far_side_is_waited_for(tmp_path):
    """It has our 200 and owes the ACK: no other INVITE may begin."""
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        far.dialog.automatic = False
        far.dialog.request("INVITE", (), far.dialog.sdp())
        ok = await far.dialog.got(method="INVITE", code=200, cseq=far.dialog.cseq)
        rig.sip.obey(Show(leg, BERND))
        rig.sip.obey(Message("pbx", "101", "after it"))
        await rig.texted()
        assert asked(far) == []
        far.dialog.ack(ok)
        await far.sees(BERND)
        await far.hears(MUSIC)


@pytest.mark.rule("P-16")
@pytest.mark.parametrize("code", [403, 488, 606])
async def test_a_refusal_leaves_the_call_alone(tmp_path, code):
    """The phone shows whom it showed, and is not asked again until somebody else is there."""
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        rig.sip.obey(Show(leg, BERND))
        await far.asked(code)
        await far.hears(MUSIC)
        rig.sip.obey(Show(leg, JANSEN))
        await far.sees(JANSEN)
        assert asked(far) == ["INVITE"] * 2
        assert not rig.all(LegEnded)


@pytest.mark.rule("P-16")
async def test_a_leg_that_is_not_confirmed_is_told_when_it_is(tmp_path):
    """And not at once: the PBX must be able to pass it on to the phone behind it, once, the last that is wanted."""
    async with real(tmp_path) as rig:
        far, leg = await rig.arrive()
        rig.sip.obey(Show(leg, ANNA))
        began = time.monotonic()
        rig.sip.obey(Answer(leg))
        await rig.event(LegAnswered, leg=leg)
        rig.sip.obey(Show(leg, BERND))
        await far.sees(BERND)
        assert time.monotonic() - began >= SETTLED
        assert len(asked(far)) == 1


@pytest.mark.rule("P-16")
async def test_a_phone_on_hold_is_told_too(tmp_path):
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        await far.dialog.reinvite(direction="inactive")
        rig.sip.obey(Show(leg, BERND))
        await far.sees(BERND)


# -- names ---------------------------------------------------------------------------------------------------------

NAMES = [
    ("M\u00fcller & S\u00f6hne", "M\u00fcller & S\u00f6hne"),
    ('Anna "die Chefin" \\ Sales', 'Anna "die Chefin" \\ Sales'),
    (
        "Bell \U0001f514\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "Bell \U0001f514\U0001f468\u200d\U0001f469\u200d\U0001f467",
    ),
    ("100%25 <sip:666@evil>;tag=1, x", "100%25 <sip:666@evil>;tag=1, x"),
    ("line\r\nP-Asserted-Identity: <sip:666@evil>\x00", "line P-Asserted-Identity: <sip:666@evil>"),
    ("\u202eresrever\u2028\x85", "resrever"),
    ("\u0141\u00f3d\u017a \u65e5\u672c", "\u0141\u00f3d\u017a \u65e5\u672c"),
    ("n" * 300, "n" * LONGEST_NAME),
    ("\u00e4" * 300, "\u00e4" * (LONGEST_SHOWN // 2)),
    ("\U0001f514" * 300, "\U0001f514" * (LONGEST_SHOWN // 4)),
    ("M\udcfcller", "M\u00fcller"),
    ("   ", ""),
    ("", ""),
]
IDS = [ascii(name)[:12] for name, _ in NAMES]


@pytest.mark.rule("P-16", "P-21")
@pytest.mark.parametrize(("name", "seen"), NAMES, ids=IDS)
async def test_any_name_reaches_a_phone_that_we_call(tmp_path, name, seen):
    """The lab's own reader of SIP takes it off the wire; nothing of it gets into another header."""
    async with real(tmp_path) as rig:
        rig.sip.obey(Dial(OURS, "pbx", "102", Party("+49301", name)))
        far = await rig.rung()
        assert displayed(far.dialog.invite) == Party("+49301", seen)
        assert far.dialog.invite["From"].startswith(f'"{_quoted(seen or "+49301")}" <sip:800@')
        assert len(far.dialog.invite.all("P-Asserted-Identity")) == 1
        await far.pick_up()
        await rig.event(LegAnswered, leg=OURS)
        rig.sip.obey(Show(OURS, Party("+49302", name)))
        await far.sees(Party("+49302", seen))


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')


@pytest.mark.rule("P-16")
async def test_the_longest_names_fit_into_one_datagram(tmp_path):
    """An INVITE of 1472 octets goes over every Ethernet in one piece."""
    async with real(tmp_path) as rig:
        rig.sip.obey(Dial(OURS, "pbx", "102", Party("+49301234567890", "\U0001f514" * 300), auto_answer=True))
        invite = (await rig.rung()).dialog.invite
        whole = "\r\n".join([invite.start, *(f"{name}: {value}" for name, value in invite.fields), "", invite.body])
        assert len(whole.encode()) <= 1472


@pytest.mark.rule("P-16")
@pytest.mark.parametrize("number", ["49 30;x=1@evil?a", "%0d%0aX: y", "\r\nX: y", "\u00e4" * 300, "#68", "\U0001f514"])
async def test_any_number_reaches_a_phone(tmp_path, number):
    async with real(tmp_path) as rig:
        far = await dialled(rig)
        rig.sip.obey(Show(OURS, Party(number, "Anna")))
        request = await far.asked()
        expected = number.strip()[:LONGEST_NAME]
        assert displayed(request) == Party(expected, "Anna")
        assert not request.all("X")


@pytest.mark.rule("P-16")
async def test_who_hides_is_shown_as_anonymous(tmp_path):
    """RFC 3325 section 9.3: `Privacy: id`; a PBX then names nobody to phones that it does not trust."""
    async with real(tmp_path) as rig:
        rig.sip.obey(Dial(OURS, "pbx", "102", Party("")))
        far = await rig.rung()
        await far.pick_up()
        await rig.event(LegAnswered, leg=OURS)
        rig.sip.obey(Show(OURS, ANNA))
        await far.sees(ANNA)
        rig.sip.obey(Show(OURS, Party("")))
        for request in (far.dialog.invite, await far.asked()):
            assert displayed(request) == Party("anonymous", "Anonymous")
            assert request.all("Privacy") == ["id"]
        assert request["Remote-Party-ID"].endswith(";privacy=full")


@pytest.mark.rule("P-21")
async def test_a_reason_without_a_number_is_shown_under_our_own(tmp_path):
    async with real(tmp_path) as rig:
        rig.sip.obey(Dial(OURS, "pbx", "102", Party("", "R\u00fcckruf 102")))
        invite = (await rig.rung()).dialog.invite
        assert displayed(invite) == Party("800", "R\u00fcckruf 102")
        assert not invite.all("Privacy")


# -- who was sent on -----------------------------------------------------------------------------------------------

VOICEMAIL = ("Diversion", "<sip:102@pbx>;reason=no-answer")
MAPPED = ("History-Info", "<sip:102@pbx>;index=1, <sip:vm@pbx;cause=408>;index=1.1;mp=1")


@pytest.mark.rule("P-25", "P-29")
@pytest.mark.parametrize(
    ("code", "headers"),
    [(181, []), (199, []), (180, [VOICEMAIL]), (183, [MAPPED]), (182, [VOICEMAIL])],
)
async def test_what_says_that_a_call_was_sent_on(tmp_path, code, headers):
    async with real(tmp_path) as rig:
        rig.sip.obey(dial())
        far = await rig.rung()
        far.dialog.respond(far.dialog.invite, code, headers)
        await rig.event(LegDiverted, leg=OURS)
        await far.pick_up()
        await rig.event(LegAnswered, leg=OURS)
        assert len(rig.all(LegDiverted)) == 1


@pytest.mark.rule("P-25")
async def test_an_answer_that_says_so_is_told_before_it_is_an_answer(tmp_path):
    async with real(tmp_path) as rig:
        rig.sip.obey(dial())
        far = await rig.rung()
        await far.dialog.pick_up([VOICEMAIL])
        await rig.event(LegAnswered, leg=OURS)
        told = [type(event) for event in rig.events if isinstance(event, LegDiverted | LegAnswered)]
        assert told == [LegDiverted, LegAnswered]


@pytest.mark.rule("P-25")
async def test_an_ordinary_call_was_not_sent_on(tmp_path):
    """P-25: a History-Info that tells the phone's address is every PBX's that keeps one."""
    async with real(tmp_path) as rig:
        rig.sip.obey(dial())
        far = await rig.rung()
        plain = ("History-Info", "<sip:102@pbx>;index=1, <sip:102@192.0.2.7:5062>;index=1.1;rc=1")
        for code in (100, 180, 183):
            far.dialog.respond(far.dialog.invite, code, [plain])
        await far.dialog.pick_up([plain])
        await rig.event(LegAnswered, leg=OURS)
        assert not rig.all(LegDiverted)


# -- texts ---------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P-17")
async def test_a_text_says_that_it_is_one(tmp_path):
    async with real(tmp_path) as rig:
        rig.sip.obey(Message("pbx", "102", "102: geholt von Anna Sch\u00e4fer"))
        message = await rig.peer.until(lambda: rig.peer.texts, "MESSAGE")
        assert message[0]["Content-Type"] == "text/plain;charset=UTF-8"
        assert message[0]["From"].startswith("<sip:800@")
        assert not message[0].all("Contact")  # RFC 3428 section 4


@pytest.mark.rule("P-17")
async def test_a_text_is_on_one_line_and_in_one_datagram(tmp_path):
    async with real(tmp_path) as rig:
        rig.sip.obey(Message("pbx", "102", " a\r\nb\x00" + "\u00e4" * 2000))
        number, text = await rig.texted()
        assert number == "102"
        assert text.startswith("a b \u00e4\u00e4")
        assert 790 < len(text.encode()) <= 800


@pytest.mark.rule("P-17")
async def test_a_pbx_that_wants_a_password_gets_it(tmp_path):
    async with real(tmp_path) as rig:
        rig.peer.text_code = 401
        rig.sip.obey(Message("pbx", "102", "hello"))
        assert await rig.texted() == ("102", "hello")


@pytest.mark.rule("P-17")
@pytest.mark.parametrize("code", [405, 501])
async def test_a_phone_that_takes_no_texts_is_left_alone(tmp_path, code, caplog):
    """The others still get theirs; it is said once."""
    caplog.set_level(logging.INFO, "appliance.sip")
    async with real(tmp_path) as rig:
        rig.peer.text_code = code
        rig.sip.obey(Message("pbx", "101", "one"))
        await rig.texted()
        await rig.peer.until(lambda: "takes no texts" in caplog.text, "it is remembered")
        rig.peer.text_code = 200
        rig.sip.obey(Message("pbx", "101", "two"))
        rig.sip.obey(Message("pbx", "102", "three"))
        assert await rig.texted() == ("102", "three")
        await rig.peer.nothing_more()
        assert not rig.peer.texts
        assert caplog.text.count("takes no texts") == 1
        assert not rig.all(AdapterFault)


@pytest.mark.rule("P-17")
@pytest.mark.parametrize("code", [404, 415, 480, 503])
async def test_a_text_that_is_refused_today_may_go_tomorrow(tmp_path, code):
    async with real(tmp_path) as rig:
        rig.peer.text_code = code
        rig.sip.obey(Message("pbx", "101", "one"))
        await rig.texted()
        rig.sip.obey(Message("pbx", "101", "two"))
        assert await rig.texted() == ("101", "two")
        assert not rig.all(AdapterFault)
        assert rig.sip.beat()


@pytest.mark.rule("P-17")
async def test_texts_do_not_use_anything_up(tmp_path):
    """The library has room for 256 buddies; each text makes one and gives it back."""
    async with real(tmp_path) as rig:
        for number in range(300):
            rig.sip.obey(Message("pbx", str(number), "hello"))
            assert await rig.texted() == (str(number), "hello")
        assert LegId(-1) not in rig.sip._thread.legs
