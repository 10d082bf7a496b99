"""Chapter 02: a GAN of the plane, DCGAN, and ClusterGAN."""

from gmcourse.models.gan.clustergan import ClusterGAN
from gmcourse.models.gan.dcgan import DCDiscriminator, DCGenerator
from gmcourse.models.gan.plane import FromNoise, PlaneDiscriminator, PlaneGenerator
