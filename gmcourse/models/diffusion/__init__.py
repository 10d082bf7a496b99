"""Chapter 12: models that learn to undo noise, step by step."""

from gmcourse.models.diffusion.chain import ddim_step, denoised_and_noise, draw, posterior, target, times, transition
from gmcourse.models.diffusion.elbo import bound, step_kl
from gmcourse.models.diffusion.model import Diffusion
