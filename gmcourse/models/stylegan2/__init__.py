"""Chapter 09: StyleGAN2, Karras et al. 2020 (arXiv:1912.04958), and what it changed in StyleGAN."""

from gmcourse.models.stylegan2.discriminator import Discriminator, minibatch_std
from gmcourse.models.stylegan2.generator import Generator, Synthesis, as_pictures
from gmcourse.models.stylegan2.mapping import Mapping, mix, normalize_second_moment
from gmcourse.models.stylegan2.modulation import adain, demodulation, modulated_conv2d
