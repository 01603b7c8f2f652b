"""A campaign's clip: half a minute of sound, cut, made as loud as all others, cleaned and stored.

decoding.py says what is taken, files.py where it is kept. Forms and planning hand files in, pages
ask for addresses. It knows no campaign's rules and deletes nothing that a row still names.
"""
