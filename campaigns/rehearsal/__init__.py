"""Rehearsals: a whole release night of made-up fans on this instance's database and broker, with
workers of its own that call the sandbox alone. `manage.py rehearse` starts it.

Its rows are in tables of their own, which are dropped at the end: no page, number, alarm or worker
of the instance can come across them.
"""
