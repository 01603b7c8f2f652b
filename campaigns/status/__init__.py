"""Where a campaign stands: its phase, progress, troubles and alarms, and the worker's heartbeat.

Pages and alarms read it. It changes no campaign.
"""
