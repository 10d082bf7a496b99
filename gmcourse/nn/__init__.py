"""Layers and networks of torch without any probability: what flows, GANs and VAEs are built from."""
