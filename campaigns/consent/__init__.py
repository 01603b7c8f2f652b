"""A fan says yes: to Spotify and back, the code exchange, the sealed permission, the receipt.

The fan's pages call it. It seals permissions, can never open one, and stores nothing else of a fan.
"""
