"""What must not happen to a caller, whatever happens to the box, the PBX, the wire, the disk or the clock (S-1 to S-8, S-12).

The box is a process under a supervisor that does what its systemd unit does; the PBX is a real Asterisk; every caller says
something of his own, so that both ends of every call know who is at the other. Nothing is believed because the box says so:
a caller is kept when he hears music again, and is joined with the right one when each hears the other's voice.

`site` is the company, `ledger` knows every caller and judges, the scenarios are functions of a site and a seed that return
a `Verdict`, `report` prints them. `scripts/chaos` is the long form, the tests here are the short one.
"""
