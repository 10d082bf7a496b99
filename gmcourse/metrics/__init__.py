"""What is measured, one quantity a file: pure functions, with the unit in the docstring."""
