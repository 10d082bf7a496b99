"""Layers and networks of torch without any probability: what flows, GANs and VAEs are built from.

`networks` has the plain ones, `conv` those inside couplings, `equalized` and `resample` those of StyleGAN2,
`rrdb` the encoder of super-resolution, and `pca` the linear code in closed form.
"""
