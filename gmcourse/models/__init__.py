"""A module or a folder for each chapter, with the same name; no chapter imports another."""
