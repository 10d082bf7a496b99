"""The weights of importance sampling of a linear VAE, whose evidence is known: what bounds are held against."""

from gmcourse.models.vae import log_normal, reparameterise


def log_weights(model, x, noise):
    """log p(x, z) − log q(z|x) for z = μ + s ε, noise ε of shape (K, B, k); nats, shape (K, B)."""
    mean, log_var = model.encode(x)
    z = reparameterise(mean, log_var, noise)
    return model.reconstruction(x, z) + log_normal(z) - log_normal(z, mean, log_var)
