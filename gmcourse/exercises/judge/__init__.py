"""Judges notebooks: one student's (`gmcourse check`) or a whole class's (`gmcourse grade`)."""
