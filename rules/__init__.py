"""What is true: pure functions and types, without clock, network, database or framework."""
