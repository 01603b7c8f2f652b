"""The views of the fan's pages, one module for each kind of page."""
