"""Chapter 12: models that learn to undo noise, step by step."""

from gmcourse.models.diffusion.chain import denoised_and_noise, posterior, target, transition
from gmcourse.models.diffusion.elbo import bound, step_kl
from gmcourse.models.diffusion.model import Diffusion
from gmcourse.models.diffusion.sampling import ddim_step, draw, times
