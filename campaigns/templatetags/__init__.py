"""What templates ask for: tags and filters without rules of their own."""
