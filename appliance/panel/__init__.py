"""Keys and lamps: raw levels become presses, what lamps shall show becomes levels.

`port` says what the runtime may ask of the panels, `panels` does it on the loop; `keyboard` and `lamps` are its two
halves, without clock, thread or hardware. Nothing here knows what a key means or why a lamp is lit.
"""
