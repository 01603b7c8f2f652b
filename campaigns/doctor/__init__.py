"""Is this instance set up right, and does it work? Each check says what it found and, where that is
wrong, the sentence that fixes it.

`manage.py doctor` asks all of them; /readyz, the dashboard's banner, /metrics and the worker's ping
ask those that cost next to nothing. Nothing is changed here, but what the worker noted of itself.
"""
