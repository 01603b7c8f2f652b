"""Where a campaign stands: its phase, its progress, what is wrong with it, the worker's heartbeat.

Pages read it. troubles.py decides what is wrong, alarms.py tells people by email. It changes no
campaign.
"""
