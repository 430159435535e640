"""How time passes in the machine: a timer that fires at each deadline, or late, or an instant beside it."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from appliance.core.engine import advance, next_deadline
from appliance.core.ids import Seconds
from tests.core.presses import Presses


class Hours(Presses):
    """Rules about time."""

    @rule(seconds=st.sampled_from([0.1, 0.3, 0.4, 1.0, 2.5, 4.0]))
    def a_moment_passes(self, seconds):
        self.sleep(seconds)

    @rule(seconds=st.sampled_from([0.1, 0.5, 5.0, 50.0]))
    def a_moment_passes_and_the_timer_is_late(self, seconds):
        """The next event comes first, at an instant at which something is overdue."""
        self.now = Seconds(self.now + seconds)
        self.overslept = True

    @rule(seconds=st.sampled_from([10.0, 31.0, 46.0, 90.0, 400.0]), late=st.booleans())
    def a_while_passes(self, seconds, late):
        """With a timer that fires at each deadline, or one that fires once, late, for all of them."""
        if late:
            self.overslept = True
            self.pass_to(self.now + seconds)
        else:
            self.sleep(seconds)

    @rule(offset=st.sampled_from([-0.001, 0.0, 0.0, 0.001]), times=st.integers(1, 3))
    def the_next_deadline_comes(self, offset, times):
        for _ in range(times):
            due = next_deadline(self.state, self.rules)
            if due is None or due + offset <= self.now:
                return
            if due - 0.001 >= self.now:
                early = advance(self.state, Seconds(due - 0.001), self.rules)
                assert early == (self.state, ()), "something happens before its deadline"
            before = self.state
            self.overslept = self.overslept or offset > 0.0
            self.pass_to(due + offset)
            assert offset < 0.0 or self.state is not before, "a deadline passes and nothing changes"
