"""A local stand-in for Spotify: consent, tokens, catalogue, library, limits and faults."""
