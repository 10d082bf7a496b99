"""Chapter 03: autoencoders, denoising, and codes that are written to a file."""

from gmcourse.models.autoencoder.compression import CodeCompressor
from gmcourse.models.autoencoder.model import Autoencoder, add_noise
