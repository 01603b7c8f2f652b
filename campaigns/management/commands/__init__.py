"""The operator's commands: they read arguments, call a room, print."""
