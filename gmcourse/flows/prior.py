"""Base distributions: what z is under the model."""

import math
from abc import ABC, abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor

from gmcourse import expect


class Prior(ABC):
    """Independent coordinates of one standard distribution. It has no parameters: those live in bijections."""

    @abstractmethod
    def log_density(self, z: Tensor) -> Tensor:
        """Compute log p of each coordinate, in nats, in the shape of z."""

    @abstractmethod
    def draw(self, shape: tuple[int, ...], device: torch.device) -> Tensor:
        """Draw a sample in the shape of a tensor."""

    def log_prob(self, z: Tensor) -> Tensor:
        """Compute log p(z) = Σ log p(z_i) in nats, shape (B,)."""
        return self.log_density(z).flatten(1).sum(1)

    def sample(self, shape: tuple[int, ...], device: torch.device, temperature: float = 1.0) -> Tensor:
        """Draws whose standard deviation is multiplied by the temperature.

        For a normal base and a bijection of constant Jacobian these are samples of p(x)^(1/T²), normalised.
        """
        return expect.number("temperature", temperature, least=0) * self.draw(shape, device)


class StandardNormal(Prior):
    """The standard normal N(0, I) over latents."""

    def log_density(self, z: Tensor) -> Tensor:
        """Compute −½ z² − ½ log 2π for each coordinate."""
        return -0.5 * (z.square() + math.log(2 * math.pi))

    def draw(self, shape: tuple[int, ...], device: torch.device) -> Tensor:
        """Draw independent standard normal numbers."""
        return torch.randn(shape, device=device)


class StandardLogistic(Prior):
    """Density e^z / (1 + e^z)², NICE's choice: longer tails than the normal (Dinh et al. 2015, section 3.4)."""

    def log_density(self, z: Tensor) -> Tensor:
        """Compute −log(1 + e^z) − log(1 + e^−z) for each coordinate."""
        return -F.softplus(z) - F.softplus(-z)

    def draw(self, shape: tuple[int, ...], device: torch.device) -> Tensor:
        """Draw uniform numbers and take their logits."""
        tiny = torch.finfo(torch.float32).eps
        return torch.logit(torch.rand(shape, device=device).clamp(tiny, 1 - tiny))


PRIORS: dict[str, type[Prior]] = {"normal": StandardNormal, "logistic": StandardLogistic}
