"""What a well-behaved integration never does: one class per rule, each watching calls; `watch.py` runs them all."""
