"""Hostile files, read by a process of their own that has limits and no secrets.

artwork and clips start such processes. It knows no format: what a file is, its reader says.
"""
