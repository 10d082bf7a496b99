"""How the course is built and checked: `python3 -m tools TARGET`, standard library only to begin with."""
