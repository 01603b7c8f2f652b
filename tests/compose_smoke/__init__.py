"""`make compose-smoke`: a whole release on this machine's own container engine.

Runs where no packages are installed, as on an operator's server: standard library only.
"""
