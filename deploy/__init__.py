"""What belongs to a server: its installation, its secrets, and the operator's commands."""
