"""Containers of several runs of one experiment, with seeds: what a table of the book was measured on."""
