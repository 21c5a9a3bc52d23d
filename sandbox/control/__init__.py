"""The control API under /_sandbox/: what tests use to arrange and to look. Its addresses are in table.py."""
