"""The PA: zones, pages, chimes, speech, and proof of what was played.

`port` says what the runtime may ask. `bus` does it: an outlet for each sound card, and in each outlet one thread that owns
the open stream and writes blocks for ever. Everything that decides is pure and takes the time as an argument (`relay`,
`announcements`, `mixer`, `levels`, `tones`, `score`); threads, files and programs stand at the edge (`card`, `wav`,
`speech`, `music`). This is no voice-alarm system (EN 54, A-18).
"""
