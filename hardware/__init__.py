"""Pins, samples and levels.

This package knows nothing of calls, places or zones. `ports` says what the appliance may ask of hardware,
`gpio` and `sound` do it with real pins and a real card, `sim` without either. `board`, `debounce`, `presses` and
`patterns` are pure: data and functions of levels and time.
"""
