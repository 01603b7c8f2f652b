"""What ends: keys made and destroyed, permissions expired and erased, rows deleted, figures kept.

The worker's maintenance and planning's cancel call it. It never saves a release.
"""
