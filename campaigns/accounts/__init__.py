"""Who somebody is: logging in, passwords, two-factor, sessions, and mails about an account.

django-allauth does the work; here stands what it is told to do differently. Nothing here asks what
somebody may see or change.
"""
