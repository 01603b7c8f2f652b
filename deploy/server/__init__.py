"""The operator's commands, thin over docker compose.

Runs on the server itself, which has none of Presave's packages: standard library only.
"""
