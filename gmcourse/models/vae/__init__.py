"""Chapter 04: the variational autoencoder, and a linear one whose every integral is known."""

from gmcourse.models.vae.gradient_estimators import reparameterised_gradient, score_function_gradient
from gmcourse.models.vae.likelihoods import Bernoulli, DiscretisedLogistic, Gaussian
from gmcourse.models.vae.linear_gaussian import LinearGaussianVAE
from gmcourse.models.vae.model import VAE, active_units, log_normal, reparameterise

__all__ = [
    "VAE",
    "Bernoulli",
    "DiscretisedLogistic",
    "Gaussian",
    "LinearGaussianVAE",
    "active_units",
    "log_normal",
    "reparameterise",
    "reparameterised_gradient",
    "score_function_gradient",
]
