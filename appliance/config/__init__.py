"""The configuration: one TOML file, one frozen tree, every error at once with its dotted path.

`model.Config` is the tree and `load.load` the only door to it; `dump` writes it back as TOML, `reference` lists every
key with its meaning and default. Each field of the tree has its docstring: that is what the manual says about the key.
Nothing here knows the core, an adapter or the hardware; translating the tree into their settings is the app's business.
Imports are stdlib, pydantic, tomlkit, soundfile and `appliance.errors`. A value that is secret never leaves the
tree in clear: not in a dump, not in a finding.
"""
