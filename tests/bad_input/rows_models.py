"""Rows of the models of chapters 1 to 4 and 9. Networks that play in a training step let NaN pass."""

import torch

from gmcourse.densities import Normal
from gmcourse.models.attribute_network import AttributeNetwork
from gmcourse.models.autoencoder import Autoencoder, CodeCompressor
from gmcourse.models.discriminative_vs_generative import Classifier, GaussianWorld, GenerativeClassifier
from gmcourse.models.features import Features
from gmcourse.models.gan import ClusterGAN, DCDiscriminator, DCGenerator, PlaneDiscriminator, PlaneGenerator
from gmcourse.models.stylegan2 import Discriminator, Generator, Mapping, Synthesis
from gmcourse.models.vae import VAE, LinearGaussianVAE, TwoLevelVAE
from tests.bad_input.harness import row

ANY_SIGN = "negative"
WIDTHS = "empty length"


def drawn(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def pictures(n=4, channels=1, side=8):
    return torch.rand(n, channels, side, side, generator=torch.Generator().manual_seed(0))


def reads(name, on, more=None, **given):
    """What looks at its values; any number of samples will do."""
    row(name, lambda: given, on=on, fine=dict.fromkeys(given, "batch") | (more or {}))


def passes(name, on, more="", **given):
    """What plays in a training step: its values are not looked at."""
    row(
        name,
        lambda: given,
        on=on,
        fine=dict.fromkeys(given, f"batch nan inf device {more}"),
    )


# Chapter 1
DVG = "models.discriminative_vs_generative"
X, Y = drawn(6, 2), torch.tensor([0, 1, 0, 1, 0, 1])
LABELLED = {"x": X, "y": Y, "classes": 2}
WRONG = {"y": (Y + 1, Y - 1), "classes": (1,)}


def classifier():
    return Classifier(2, 2)


def normals():
    density = Normal(torch.zeros(2), torch.eye(2))
    return GenerativeClassifier(torch.tensor([0.5, 0.5]).log(), [density, density])


row(f"{DVG}.Classifier", lambda: {"dims": 2, "classes": 2, "hidden": (4,)}, fine={"hidden": WIDTHS})
for name in ("logits", "log_posterior", "predict"):
    passes(f"{DVG}.Classifier.{name}", classifier, x=X)
row(f"{DVG}.fit_logistic", lambda: {**LABELLED, "l2": 0.1, "steps": 2}, fine={"x": "shape"}, bad=WRONG)
row(
    f"{DVG}.fit_gaussians",
    lambda: {**LABELLED, "covariance": "own", "structure": "diagonal", "ridge": 0.1},
    fine={"x": "shape"},
    bad=WRONG | {"classes": (1, 3)},
)
row(
    f"{DVG}.fit_mixtures",
    lambda: {**LABELLED, "components": 2, "generator": torch.Generator()},
    fine={"x": "shape"},
    bad=WRONG | {"components": (0, 5)},
)
row(
    f"{DVG}.GenerativeClassifier",
    lambda: {"log_weights": torch.tensor([0.5, 0.5]).log(), "parts": normals().parts},
)
for name in ("log_posterior", "predict"):
    reads(f"{DVG}.GenerativeClassifier.{name}", normals, x=X)
row(f"{DVG}.GaussianWorld", lambda: {"shift": torch.ones(2), "chol": torch.eye(2)})
row(
    f"{DVG}.GaussianWorld.make",
    lambda: {"dims": 2, "bayes_error": 0.1, "correlation": 0.1, "seed": 0},
    on=lambda: GaussianWorld,
    bad={"dims": (0,), "bayes_error": (0.0, 0.5), "correlation": (1.0,)},
)
row(
    f"{DVG}.GaussianWorld.sample",
    lambda: {"n": 3, "g": torch.Generator()},
    on=lambda: GaussianWorld.make(2),
    bad={"n": (0,)},
)
row(f"{DVG}.crossing", lambda: {"sizes": [1, 2], "first": drawn(3, 2), "second": drawn(3, 2)})
row(f"{DVG}.draws_from", lambda: {"x": X, "y": Y}, fine={"x": "shape"})
row(
    f"{DVG}.error_rate",
    lambda: {"model": normals(), "x": X, "y": Y},
)
row(
    f"{DVG}.learning_curve",
    lambda: {
        "draw": lambda n, g: (X[:n], Y[:n]),
        "test": (X, Y),
        "fits": {"one": lambda x, y: normals()},
        "sizes": [2, 4],
        "repeats": 1,
    },
    fine={"sizes": "length"},
    foreign={"test": "shape"},
    bad={"sizes": ([1],), "repeats": (0,)},
)
row(f"{DVG}.log_posterior", lambda: {"log_joint": drawn(3, 2)}, fine={"log_joint": "batch shape"})

# Chapter 2
GAN = "models.gan"
HIDDEN = {"hidden": (4,), "activation": "relu"}
SIDES = {"shape": ((1, 12, 12), (1, 4, 4), (8, 8))}
row(f"{GAN}.PlaneGenerator", lambda: {"latent_dim": 2, **HIDDEN}, fine={"hidden": WIDTHS})
row(
    f"{GAN}.PlaneDiscriminator",
    lambda: {"input_scale": 1.0, **HIDDEN},
    fine={"hidden": WIDTHS},
    bad={"input_scale": (0.0,)},
)
row(f"{GAN}.DCGenerator", lambda: {"shape": (1, 8, 8), "latent_dim": 2, "width": 4}, bad=SIDES)
row(
    f"{GAN}.DCDiscriminator",
    lambda: {"shape": (1, 8, 8), "width": 4, "normalise": True, "outputs": 1},
    bad=SIDES,
)
row(
    f"{GAN}.ClusterGAN",
    lambda: {"shape": (1, 8, 8), "classes": 3, "continuous": 2, "sigma": 0.1, "width": 4},
    bad=SIDES | {"classes": (1,), "sigma": (0.0,)},
)


def cluster():
    return ClusterGAN(classes=3, continuous=2, width=4).eval()


for name in ("latent", "sample"):
    row(f"{GAN}.FromNoise.{name}", lambda: {"n": 2}, on=lambda: PlaneGenerator(2, (4,)), bad={"n": (0,)})
passes(f"{GAN}.PlaneGenerator.forward", lambda: PlaneGenerator(2, (4,)), z=X)
passes(f"{GAN}.PlaneDiscriminator.forward", lambda: PlaneDiscriminator((4,)), x=X)
passes(f"{GAN}.DCGenerator.forward", lambda: DCGenerator(latent_dim=2, width=4).eval(), z=X)
passes(f"{GAN}.DCDiscriminator.forward", lambda: DCDiscriminator(width=4).eval(), x=pictures())
passes(f"{GAN}.ClusterGAN.forward", cluster, z=drawn(4, 5))
for name in ("encode", "embed"):
    passes(f"{GAN}.ClusterGAN.{name}", cluster, x=pictures())
row(f"{GAN}.ClusterGAN.latent", lambda: {"n": 2, "cluster": 0}, on=cluster, bad={"n": (0,), "cluster": (3,)})


def uniform():
    return torch.zeros(4)


# Chapter 3
AE = "models.autoencoder"


def autoencoder():
    return Autoencoder((1, 8, 8), 2, hidden=(4,))


def compressor():
    return CodeCompressor(drawn(9, 2), 0.5)


NETWORK = {"shape": (1, 8, 8), "latent_dim": 2, "network": "mlp", "hidden": (4,)}
row(f"{AE}.Autoencoder", lambda: NETWORK, fine={"hidden": "length"}, bad={"shape": ((8, 8),)})
passes(f"{AE}.Autoencoder.encode", autoencoder, x=pictures())
passes(f"{AE}.Autoencoder.forward", autoencoder, x=pictures())
passes(f"{AE}.Autoencoder.decode", autoencoder, z=drawn(4, 2))
row(
    f"{AE}.Autoencoder.squared_error",
    lambda: {"x": pictures(), "sigma": 0.1, "noise": pictures()},
    on=autoencoder,
    bad={"x": (255 * pictures(),)},
)
row(
    f"{AE}.CodeCompressor",
    lambda: {"codes": drawn(9, 2), "step": 0.5},
    fine={"codes": "batch shape"},
    bad={"step": (0.0, 1e-6)},
)
for name in ("symbols", "bits", "compress"):
    reads(f"{AE}.CodeCompressor.{name}", compressor, codes=drawn(4, 2))
reads(f"{AE}.CodeCompressor.codes", compressor, symbols=torch.zeros(4, 2).long())
FILE = compressor().compress(drawn(4, 2))
row(
    f"{AE}.CodeCompressor.decompress",
    lambda: {"data": FILE, "count": 4},
    on=compressor,
    bad={"data": (FILE[:-1], b"0123456789"), "count": (0, 3, 5, 50)},
)
row(
    f"{AE}.add_noise",
    lambda: {"x": X, "sigma": 0.1, "noise": X},
    fine=dict.fromkeys(("x", "noise"), "nan inf device"),
)

# Chapter 4


def vae():
    return VAE((1, 8, 8), 2, hidden=(4,))


def two_levels():
    return TwoLevelVAE((1, 8, 8), 2, 1, width=4)


def linear_vae():
    return LinearGaussianVAE(3, 2)


row(
    "models.vae.VAE",
    lambda: NETWORK | {"likelihood": "bernoulli", "grey_levels": 16},
    fine={"hidden": "length"},
    bad={"grey_levels": (1,)},
)
for name in ("Bernoulli", "DiscretisedLogistic", "Gaussian"):
    row(f"models.vae.{name}", lambda: {"grey_levels": 16}, bad={"grey_levels": (1,)})
RANGE = {"x": (255 * pictures(), pictures() - 1)}
row("models.vae.VAE.encode", lambda: {"x": pictures()}, on=vae, fine={"x": "batch"}, bad=RANGE)
reads("models.vae.VAE.decode", vae, z=drawn(4, 2))
row(
    "models.vae.VAE.reconstruction",
    lambda: {"x": pictures(), "z": drawn(4, 2)},
    on=vae,
    fine=dict.fromkeys("xz", "nan inf"),
    foreign=dict.fromkeys("xz", "device"),
)
row(
    "models.vae.VAE.elbo",
    lambda: {"x": pictures(), "beta": 1.0, "noise": drawn(4, 2)},
    on=vae,
    fine={"beta": ANY_SIGN},
    bad=RANGE | {"noise": (drawn(1, 2),)},
)
for name in ("log_weights", "importance_bound"):
    row(
        f"models.vae.VAE.{name}",
        lambda: {"x": pictures(), "k": 3, "noise": drawn(3, 4, 2)},
        on=vae,
        bad=RANGE | {"k": (0,)},
    )
row(
    "models.vae.VAE.importance_loss",
    lambda: {"x": pictures(), "k": 3, "noise": drawn(3, 4, 2)},
    on=vae,
    fine=dict.fromkeys(("x", "noise"), "nan inf"),
    foreign={"x": "device"},
    bad={"k": (0,)},
)
row("models.vae.VAE.sample", lambda: {"n": 2, "temperature": 1.0}, on=vae, bad={"n": (0,)})
row(
    "models.vae.TwoLevelVAE",
    lambda: {"shape": (1, 8, 8), "latent_dim": 2, "map_channels": 1, "width": 4},
    bad={"shape": ((1, 4, 8), (1, 9, 8))},
)
for name in ("encode", "reconstruct"):
    row(
        f"models.vae.TwoLevelVAE.{name}",
        lambda: {"x": pictures()},
        on=two_levels,
        fine={"x": "batch"},
        bad=RANGE,
    )
row(
    "models.vae.TwoLevelVAE.elbo",
    lambda: {"x": pictures(), "noise": (drawn(4, 2), drawn(4, 1, 8, 8))},
    on=two_levels,
    bad=RANGE | {"noise": ((drawn(1, 2), drawn(4, 1, 8, 8)), (drawn(4, 2), drawn(4, 1, 1, 8)))},
)
for name in ("log_weights", "importance_bound"):
    row(
        f"models.vae.TwoLevelVAE.{name}",
        lambda: {"x": pictures(), "k": 3},
        on=two_levels,
        fine={"x": "batch"},
        bad=RANGE | {"k": (0,)},
    )
row(
    "models.vae.TwoLevelVAE.sample",
    lambda: {"n": 2, "temperature": 1.0, "top": drawn(2, 2)},
    on=two_levels,
    bad={"n": (0,)},
)
row(
    "models.vae.LinearGaussianVAE",
    lambda: {"data_dim": 3, "latent_dim": 2, "sigma": 1.0},
    bad={"sigma": (0.0,)},
)
for name in ("encode", "log_evidence", "posterior", "elbo"):
    reads(f"models.vae.LinearGaussianVAE.{name}", linear_vae, x=drawn(4, 3))
reads("models.vae.LinearGaussianVAE.decode", linear_vae, {"z": "rank batch"}, z=drawn(4, 2))
row(
    "models.vae.LinearGaussianVAE.reconstruction",
    lambda: {"x": drawn(4, 3), "z": drawn(4, 2)},
    on=linear_vae,
    fine={"x": "batch", "z": "rank"},
)

# Chapter 9
STYLE = "models.stylegan2"
SMALL = {"resolution": 8, "channel_base": 32, "channel_max": 4}


def generator():
    return Generator(z_dim=5, w_dim=7, mapping_layers=1, **SMALL)


def synthesis():
    return Synthesis(7, **SMALL)


def mapping():
    return Mapping(5, 7, n_layers=1)


NO_SUCH = {"resolution": (4, 24), "channel_base": (2,)}
row(f"{STYLE}.Discriminator", lambda: {**SMALL, "image_channels": 3, "group": 4, "features": 1}, bad=NO_SUCH)
row(
    f"{STYLE}.Generator",
    lambda: {
        "z_dim": 5,
        "w_dim": 7,
        "mapping_layers": 1,
        "style_mixing": 0.5,
        "normalization": "adain",
        **SMALL,
    },
    bad={"style_mixing": (1.5,), "resolution": (2, 24)},
)
row(
    f"{STYLE}.Synthesis",
    lambda: {"w_dim": 7, "image_channels": 3, "normalization": "adain", **SMALL},
    bad={"resolution": (2, 24)},
)
row(f"{STYLE}.Mapping", lambda: {"z_dim": 5, "w_dim": 7, "n_layers": 1})
passes(f"{STYLE}.Discriminator.forward", lambda: Discriminator(**SMALL), x=pictures(4, 3))
passes(f"{STYLE}.Mapping.forward", mapping, z=drawn(4, 5))
row(
    f"{STYLE}.Mapping.truncate",
    lambda: {"w": drawn(4, 7), "truncation": 0.5},
    on=mapping,
    fine={"w": "batch rank nan inf", "truncation": ANY_SIGN},
    foreign={"w": "shape device"},
)
NOISE = {"noise": "none"}
LETS = {"z": "batch nan inf", "ws": "batch nan inf", "truncation": ANY_SIGN}
FAR = dict.fromkeys(("z", "ws"), "device")
row(
    f"{STYLE}.Generator.styles",
    lambda: {"z": drawn(4, 5), "truncation": 0.5, "cutoff": 2},
    on=generator,
    fine=LETS,
    foreign=FAR,
    bad={"cutoff": (5,)},
)
row(
    f"{STYLE}.Generator.forward",
    lambda: {"z": drawn(4, 5), "truncation": 0.5, **NOISE},
    on=generator,
    fine=LETS,
    foreign=FAR,
)
row(
    f"{STYLE}.Generator.sample",
    lambda: {"n": 2, "truncation": 0.5, **NOISE},
    on=generator,
    fine=LETS,
    bad={"n": (0,)},
)
for name in ("contributions", "forward"):
    row(
        f"{STYLE}.Synthesis.{name}",
        lambda: {"ws": drawn(4, 4, 7), **NOISE},
        on=synthesis,
        fine=LETS,
        foreign=FAR,
        bad={"noise": (["none"] * 2,)},
    )
UNSEEN = "nan inf device"
row(
    f"{STYLE}.adain",
    lambda: {"x": drawn(4, 3, 2, 2), "scale": drawn(4, 3), "shift": drawn(4, 3), "eps": 1e-8},
    fine={"x": f"shape {UNSEEN}", "scale": UNSEEN, "shift": UNSEEN},
)
row(
    f"{STYLE}.demodulation",
    lambda: {"weight": drawn(3, 4, 3, 3), "styles": drawn(4, 4), "eps": 1e-8},
    fine={"weight": f"shape batch {UNSEEN}", "styles": f"batch {UNSEEN}"},
)
row(
    f"{STYLE}.minibatch_std",
    lambda: {"x": drawn(4, 4, 2, 2), "group": 2, "features": 2},
    fine={"x": f"shape batch {UNSEEN}"},
    bad={"group": (3,), "features": (3,)},
)
row(
    f"{STYLE}.mix",
    lambda: {"ws": drawn(2, 4, 3), "other": drawn(2, 4, 3), "crossover": 2},
    fine=dict.fromkeys(("ws", "other"), UNSEEN),
    bad={"crossover": (5,)},
)
row(
    f"{STYLE}.modulated_conv2d",
    lambda: (
        {"x": drawn(4, 3, 4, 4), "weight": drawn(2, 3, 3, 3), "styles": drawn(4, 3), "demodulate": True}
        | {"kernel": torch.ones(4, 4), "gain": 1.0}
    ),
    fine={"x": f"shape {UNSEEN}", "weight": f"shape batch {UNSEEN}", "styles": UNSEEN, "gain": ANY_SIGN}
    | {"kernel": f"shape batch {UNSEEN}"},
)
row(
    f"{STYLE}.normalize_second_moment",
    lambda: {"z": drawn(4, 5)},
    fine={"z": f"rank shape batch {UNSEEN}"},
)
row(
    f"{STYLE}.as_pictures",
    lambda: {"picture": drawn(2, 3, 4, 4)},
    fine={"picture": f"rank shape batch {UNSEEN}"},
)

# The two networks that measure
row("models.features.Features", lambda: dict.fromkeys(("dims", "width", "attributes", "classes"), 4))
row("models.attribute_network.AttributeNetwork", lambda: {"width": 2, "hidden": 4})


def features():
    return Features(4, 2).eval()


FACES = pictures(2, 3, 32)
for name in ("maps", "forward"):
    passes(f"models.features.Features.{name}", features, x=FACES)
row(
    "models.features.Features.of",
    lambda: {"x": FACES, "batch_size": 2},
    on=features,
    fine={"x": "batch"},
    bad={"batch_size": (0,)},
)
row(
    "models.features.Features.distance",
    lambda: {"x": FACES, "y": FACES},
    on=features,
    fine=dict.fromkeys("xy", "nan inf"),
)
for name in ("share_of_range", "forward"):
    passes(f"models.attribute_network.AttributeNetwork.{name}", lambda: AttributeNetwork(2, 4).eval(), x=FACES)
