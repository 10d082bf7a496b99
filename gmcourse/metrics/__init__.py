"""What is measured, one quantity a file: pure functions, with the unit in the docstring.

`likelihood` and `divergence` are about densities, `reconstruction` and `perceptual` about pairs of pictures,
`frechet`, `diversity`, `modes` and `parzen` about sets of samples, `detection` about scores, and
`perceptual_path_length` about a latent space.
"""
