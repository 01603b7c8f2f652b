"""What an artist decides: open, edit, move, resume, cancel; labels, their members
and history, and addresses.

The dashboard and commands call it. It shows nothing, and never changes what fans agreed to.
"""
