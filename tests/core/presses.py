"""What people do with keys and commands, and hunt groups, in the machine: how each press and log-in is answered."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from appliance.core.events import HuntLogin, KeyPressed, ParkRequested, Press, RetrieveRequested
from appliance.core.ids import Place
from appliance.core.orders import What
from appliance.core.state import State
from tests.core.business import ACCOUNTS, CALLERS, HUNTED, KEYS, LOGINS, PARKERS, PICK, PLACES, STAFF
from tests.core.facts import Lit
from tests.core.kills import Kills
from tests.core.machine import one_of, told
from tests.core.ringing import is_member
from tests.core.roles import held, lit, may_park, talks_through_us
from tests.core.timeline import PAGE_KEY


class Presses(Kills):
    """Rules about keys, commands and hunt groups."""

    # hunt groups

    @rule(
        dialled=HUNTED,
        caller=st.one_of(CALLERS, CALLERS, STAFF),
        parker=st.one_of(st.none(), PARKERS),
        account=ACCOUNTS,
        confirmed=st.booleans(),
    )
    def somebody_calls_a_hunt_group(self, dialled, caller, parker, account, confirmed):
        """P-31: or is transferred there, by one who knows the number."""
        self.arrive(self.call(dialled, caller, parker, account), confirmed=confirmed)

    @precondition(lambda self: any(far.member and far.rings for far in self.real.legs.values()))
    @rule(pick=PICK, after=st.sampled_from([0.0, 0.5, 2.0, 2.0, 2.0]))
    def a_member_answers(self, pick, after):
        """P-25: within a second only a voicemail does."""
        far = self.some(pick, lambda far: far.member and far.rings)
        if far is not None:
            self.sleep(after)
            if far.id in self.real.legs and not far.hung_up:
                self.confirm(far.id)

    @rule(dialled=LOGINS, person=STAFF, confirmed=st.booleans())
    def a_member_dials_to_log_in_or_out(self, dialled, person, confirmed):
        """P-30: of one group, or of all of his."""
        self.pass_to(self.now)
        for group in self.rules.hunts.values():
            if dialled[3:] in {"", group.number} and is_member(group, person.number):
                self.real.log(group.number, person.number, present=dialled.startswith("*78"))
        self.arrive(self.call(dialled, person), confirmed=confirmed)

    @rule(group=st.sampled_from(["850", "851"]), member=STAFF, present=st.booleans())
    def somebody_logs_a_member_in_or_out(self, group, member, present):
        self.pass_to(self.now)
        known = group in self.rules.hunts and is_member(self.rules.hunts[group], member.number)
        what = told(self.tell(HuntLogin(group, member.number, present)))
        assert what[0] is ((What.LOGGED_IN if present else What.LOGGED_OUT) if known else What.REFUSED), f"P-30: {what}"

    @precondition(lambda self: self.anchored())
    @rule(pick=PICK, place=PLACES)
    def whom_a_station_talks_to_is_parked(self, pick, place):
        """B-2 (a): with one press, which needs no other call to be transferred."""
        self.pass_to(self.now)
        station = one_of(self.anchored(), pick)
        if station is not None:
            self.somebody_asks_to_park(Place(place), station)

    def anchored(self) -> list[str]:
        return sorted(number for number in ("101", "102", "103", "104") if talks_through_us(number, self.state))

    # keys and commands

    @rule(key=KEYS, press=st.sampled_from([Press.SHORT, Press.SHORT, Press.SHORT, Press.LONG]))
    def a_key_is_pressed(self, key, press):
        self.pass_to(self.now)
        place = None if key == PAGE_KEY else Place(key.key)
        before, seen = self.state, dict(self.real.lit)
        orders = self.tell(KeyPressed(key, press))
        panel = self.rules.panels.get(key.panel)
        if panel is None or place is None:
            assert told(orders) == [What.REFUSED], "B-7: a key without a place"
        elif press is Press.LONG:
            assert len(orders) <= int(place in lit(before)), f"B-4: {orders}"
        elif not panel.station or not any(one.registered for one in before.registrations.values()):
            assert told(orders) == [What.REFUSED], "B-7: nobody to ring, or nobody who rings"
        elif self.state.draining is not None and place not in lit(before):
            assert told(orders) in ([What.REFUSED], [What.FETCHING], [What.CANCELLED]), f"S-4: {orders}"
        else:
            self.judge_press(place, panel.station, before, seen, told(orders))

    def judge_press(self, place: Place, station: str, before: State, before_change: Lit, what: list[What]) -> None:
        """B-1: the lamp decides what the user means, and for 400 ms the lamp as it was."""
        if self.real.called_again is not None and self.now - self.real.called_again < 0.4:
            return
        parked = place in lit(before)
        changed, was_lit = before_change.get(place, (None, parked))
        meant = was_lit if changed is not None and self.now - changed < 0.4 else parked
        if meant and parked:
            assert what in ([What.FETCHING], [What.CANCELLED]), f"B-1: meant to retrieve {place}: {what}"
        elif meant or place in held(before):
            assert what == [What.REFUSED], f"B-1: too late for {place}: {what}"
        elif place in self.rules.places and not may_park(place, station, self.rules):
            assert what == [What.REFUSED], f"P-9: {place} is closed to {station}: {what}"
        else:
            others = [one for one in what if one is not What.DISARMED]
            at_once = talks_through_us(station, before)
            assert others == [What.PARKED] if at_once else others in ([What.ARMED], [], [What.PARKED]), (
                f"B-2: {place}: {what}, talks through us: {at_once}"
            )

    @rule(
        kind=st.sampled_from([RetrieveRequested, ParkRequested]), place=PLACES, station=st.sampled_from(["101", "103"])
    )
    def somebody_commands(self, kind, place, station):
        self.pass_to(self.now)
        if kind is ParkRequested:
            self.somebody_asks_to_park(Place(place), station)
            return
        parked = place in lit(self.state)
        what = told(self.tell(RetrieveRequested(Place(place), station)))
        assert what in ([What.FETCHING], []) if parked else what == [What.REFUSED], f"P-18: {what}"

    def somebody_asks_to_park(self, place: Place, station: str) -> None:
        refused = place in held(self.state) or not may_park(place, station, self.rules)
        at_once = talks_through_us(station, self.state)
        what = told(self.tell(ParkRequested(place, station)))
        if refused or self.state.draining is not None:
            assert what == [What.REFUSED], f"B-2, S-4: {what}"
        else:
            assert (What.PARKED if at_once else What.ARMED) in what, f"B-2: {what}, talks through us: {at_once}"
