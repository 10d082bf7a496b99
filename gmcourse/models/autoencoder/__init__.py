"""Chapter 03: autoencoders, PCA as their linear case, denoising, and codes that are written to a file."""

from gmcourse.models.autoencoder.compression import CodeCompressor, bits_per_image
from gmcourse.models.autoencoder.denoising import add_noise, posterior_mean
from gmcourse.models.autoencoder.linear import LinearAutoencoder, fit_linear
from gmcourse.models.autoencoder.model import Autoencoder

__all__ = [
    "Autoencoder",
    "CodeCompressor",
    "LinearAutoencoder",
    "add_noise",
    "bits_per_image",
    "fit_linear",
    "posterior_mean",
]
