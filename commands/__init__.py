"""What the `clementine` command does to the data, by noun; cli.py wires it, the web never calls it."""
