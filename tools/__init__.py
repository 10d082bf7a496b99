"""How the course is built and checked: `python3 -m tools TARGET`. Standard library only until .venv stands."""
