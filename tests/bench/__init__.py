"""What a parked caller costs, side by side with Asterisk's own parking, in one run and taking turns.

A process is measured by its own CPU time (/proc/PID/stat), never by the clock: the machine is shared. Nothing here is a test;
the figures are printed and written as JSON. Then a thousand calls in a row are parked and fetched: what stays in memory?
Then the box is killed under parked callers: when do they hear music again?
"""
