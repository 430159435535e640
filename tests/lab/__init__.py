"""The lab: real parts that the end-to-end tests, scripts/demo and scripts/bench share.

A real PBX (`pbx`), phones made of pjsua2 (`phone`), SIPp (`sipp`), a loudspeaker that can be listened to
(`loudspeaker`, `hearing`) and the box itself as a process (`box`). Everything runs on 127.0.0.1 with ports of its own,
writes into one folder and ends by its process id, so that any number of labs stand side by side. All instants are
`time.monotonic()`, which is one clock for all processes of a machine. Nothing here waits by sleeping a fixed time.
"""
