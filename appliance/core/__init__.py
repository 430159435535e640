"""The pure core: decides what happens to every call, key and announcement.

Nothing here has a clock, I/O, a thread, a log or randomness; the imports are dataclasses, enum, typing, types,
collections.abc and this package. `engine` is the one way in: `step(state, event, now, rules)`,
`advance(state, now, rules)`, `next_deadline(state)`. What mirrors state (lamps, what a leg hears, the status) is a
view: a pure function in `views`. Words: `ids`; facts: `events`; imperatives: `orders`; settings: `rules`.
"""
