"""Is the release in Spotify's catalogue, and is it the right one?

The release's worker and the artist's edits ask. It never touches a fan's permission.
"""
