"""What an artist decides: open, edit, move, resume, cancel; labels and addresses.

The dashboard and commands call it. It shows nothing, and never changes what fans agreed to.
"""
