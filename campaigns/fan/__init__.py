"""What a fan sees: landing page, consent, receipt, calendar, legal pages, in the fan's language.

Only URLs lead here. It keeps no session, sets no cookie before a tap, and shows no artist's page.
"""
