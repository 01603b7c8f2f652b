"""The product, in rooms named after what happens there; tests/test_structure.py has their order."""
