"""Chapter 04: the variational autoencoder, one of two levels, and a linear one whose every integral is known."""

from gmcourse.models.vae.likelihoods import Bernoulli, DiscretisedLogistic, Gaussian
from gmcourse.models.vae.linear_gaussian import LinearGaussianVAE
from gmcourse.models.vae.model import VAE, log_normal, reparameterise
from gmcourse.models.vae.two_levels import TwoLevelVAE
