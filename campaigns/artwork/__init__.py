"""A campaign's cover: checked, cleaned and stored in the sizes that pages and networks show.

files.py says what is taken, and how large. Forms and planning hand pictures in, pages ask for
addresses. It knows no campaign's rules and deletes nothing that a row still names.
"""
