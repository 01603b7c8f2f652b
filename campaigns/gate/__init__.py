"""Never faster than Spotify allows: permits for calls, and closing when Spotify says stop.

Whoever calls Spotify asks here first. It sends nothing itself and knows no campaign.
"""
