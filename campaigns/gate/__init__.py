"""Never faster than Spotify allows: permits for calls, and closing when Spotify says stop.

Every room that calls Spotify asks here first. It sends nothing itself and knows no campaign.
"""
