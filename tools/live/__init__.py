"""Weights and still pictures of the live figures; `python -m tools.live`."""
