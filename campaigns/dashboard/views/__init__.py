"""What the dashboard's addresses answer."""
