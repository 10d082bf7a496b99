"""How the course is built and checked: `python3 -m tools TARGET`, standard library only to begin with."""

from gmcourse.console import accept_any_encoding

accept_any_encoding()
