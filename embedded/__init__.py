"""Servers that Presave starts on its own machine: for `make demo` and for the tests."""
