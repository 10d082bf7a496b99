"""Checks of chapter 09: AdaIN, modulated convolution, lazy penalties, path length, truncation."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from gmcourse import zoo
from gmcourse.data import load
from gmcourse.exercises.checks import NotDone, ask, by_cases, found_and_why, matches, mistake, teaches
from gmcourse.exercises.compare import Case, Draw, agree, agree_always, part, tensor
from gmcourse.metrics.diversity import precision_recall
from gmcourse.models.features import Features
from gmcourse.models.stylegan2 import Generator

EPS = 1e-8
SMALL = "with small styles the convolution is wrong: ε = 10⁻⁸ stands below the root, beside the sum"


@teaches("A style says the mean and the deviation of each map: so the first StyleGAN was steered.")
@by_cases(
    "AdaIN",
    [(1.0, 3, 2, 4, 5), (1.0, 1, 4, 6, 3), (1.0, 2, 3, 5, 4)],
    edges={
        "AdaIN of a map that is the same everywhere is not finite: ε is missing": (0.0, 1, 2, 3, 4),
        "AdaIN of a faint map is wrong: ε = 10⁻⁸ stands below the root, beside the variance": (1e-4, 3, 2, 4, 5),
    },
)
def adain(draw: Draw, size: float, *shape: int) -> Case:
    """AdaIN gives each map the mean and the deviation that its style says."""
    a = (size * (draw.normal(*shape, std=2.0) + 3)).requires_grad_()
    scale, shift = draw.uniform(*shape[:2], low=0.5, high=1.5).requires_grad_(), draw.leaf(*shape[:2], std=2.0)
    s, m = scale[..., None, None], shift[..., None, None]
    want = s * F.instance_norm(a, eps=EPS) + m
    if size < 1:
        return Case((a, scale, shift), want)
    centred, variance = a - a.mean((2, 3), keepdim=True), a.var((2, 3), correction=0, keepdim=True)
    deviation, unbiased = (variance + EPS).sqrt(), (a.var((2, 3), keepdim=True) + EPS).sqrt()
    suspects = {
        "the variance divides by the number of pixels minus one": s * centred / unbiased + m,
        "it divides by the variance; its root, the deviation, is wanted": s * centred / (variance + EPS) + m,
        "the mean is not subtracted": s * a / deviation + m,
        "the mean is subtracted, but nothing is divided by the deviation": s * centred + m,
        "the shift is missing": want - m,
        "the shift is multiplied by the scale": s * (centred / deviation + m),
        "the style of the first picture is used for all": s[:1] * centred / deviation + m[:1],
        "scale and shift are swapped": m * centred / deviation + s,
        "the scale is 1 + scale; here the scale itself is given": want + (want - m) / s,
    }
    for words, axes in {
        "batch too (batch normalisation); each picture has its own": (0, 2, 3),
        "channels too (layer normalisation); each map has its own": (1, 2, 3),
        "channels at each pixel; they run over the pixels of a map": (1,),
    }.items():
        spread, middle = torch.var_mean(a, axes, correction=0, keepdim=True)
        suspects[f"mean and deviation run over the {words}"] = s * (a - middle) / (spread + EPS).sqrt() + m
    return Case((a, scale, shift), want, suspects, {"x": a, "scale": scale, "shift": shift})


def _grouped(x: Tensor, weight: Tensor, styles: Tensor) -> Tensor:
    """The reference in the paper's words: every picture is a group with weights of its own."""
    each = weight[None] * styles[:, None, :, None, None]
    each = each / (each.square().sum((2, 3, 4), keepdim=True) + EPS).sqrt()
    batch, _, height, width = x.shape
    joined = x.reshape(1, -1, height, width)
    return F.conv2d(joined, each.flatten(0, 1), padding=1, groups=batch).reshape(batch, -1, height, width)


@teaches("The style now acts on the weights: no map has to be normalised by its own statistics.")
@by_cases(
    "the convolution",
    [(1.0, 3, 4, 5, 6, 7), (1.0, 2, 5, 7, 4, 6), (1.0, 1, 4, 2, 5, 6)],
    edges={
        "with styles of zero the result is not finite: ε is missing": (0.0, 3, 4, 5, 6, 7),
        SMALL: (1e-5, 3, 4, 5, 6, 7),
    },
)
def modulated_conv(draw: Draw, size: float, batch: int, inputs: int, outputs: int, height: int, width: int) -> Case:
    """Each picture is convolved with weights that its styles modulate and that are demodulated."""
    a, w = draw.leaf(batch, inputs, height, width), draw.leaf(outputs, inputs, 3, 3)
    s = (size * draw.uniform(batch, inputs, low=0.3, high=2.3)).requires_grad_()
    if size < 1:
        return Case((a, w, s), _grouped(a, w, s))
    scaled = a * s[:, :, None, None]
    plain = F.conv2d(scaled, w, padding=1)
    squares = torch.einsum("bi,oikl->boikl", s.square(), w.square())
    total = squares.sum((2, 3, 4))[..., None, None] + EPS
    mean = squares.mean((2, 3, 4))[..., None, None] + EPS
    over_maps = squares.sum((1, 2, 3, 4))[:, None, None, None] + EPS
    of_weights = w.square().sum((1, 2, 3))[:, None, None] + EPS
    of_output = plain / (plain.var((2, 3), correction=0, keepdim=True) + EPS).sqrt()
    suspects = {
        "it is modulated, but not demodulated": plain,
        "the norm is that of the weights before the style": plain / of_weights.sqrt(),
        "it is demodulated, but the styles are missing": _grouped(a, w, torch.ones_like(s)),
        "the norm is a mean of squares; their sum is wanted": plain / mean.sqrt(),
        "it divides by the sum of squares; its root is wanted": plain / total,
        "it is multiplied by the norm; it must be divided": plain * total.sqrt(),
        "the norm runs over the output maps too; each output map has its own": plain / over_maps.sqrt(),
        "it is normalised by the output's deviation; demodulation looks at the weights only": of_output,
        "the styles of the first picture are used for all": _grouped(a, w, s[:1].expand_as(s)),
        "the convolution is a correlation in PyTorch; the weights were flipped": _grouped(a, w.flip(2, 3), s),
        "there are no zeros at the border: the size must stay (padding=1)": F.conv2d(scaled, w) / total.sqrt(),
    }
    for words, mode in {"is mirrored": "reflect", "goes round": "circular", "is repeated": "replicate"}.items():
        padded = F.conv2d(F.pad(scaled, (1,) * 4, mode=mode), w)
        suspects[f"the border {words}; zeros are wanted there"] = padded / total.sqrt()
    return Case((a, w, s), _grouped(a, w, s), suspects, {"x": a, "weight": w, "styles": s})


@teaches("A penalty at every k-th step costs a k-th of the time and pulls as hard.")
@by_cases(
    ("the penalty's weight", "the learning rate", "β₁", "β₂"),
    [(3, 8), (8, 20), (20, 40)],
    edges={"is wrong where β₁ is 0: Adam without memory has none after the correction": (20, 40, 0.0)},
    rtol=1e-5,
    atol=0.0,
)
def lazy(which: int, draw: Draw, few: int, many: int, memory: float = 1.0) -> Case:
    """A penalty every k steps has k times the weight, and Adam gets c = k/(k + 1) in its three numbers."""
    k = int(torch.randint(few, many, (), generator=draw))
    a, b, first, second = draw.uniform(4).tolist()
    gamma, lr, beta1, beta2 = 1 + 9 * a, 1e-3 * (1 + b), memory * (0.3 + 0.4 * first), 0.9 + 0.05 * second
    c, beta, other = k / (k + 1), *((beta1, beta2) if which == 2 else (beta2, beta1))
    weights = {
        "it is unchanged; the penalty comes k times less often, so it must be k times as strong": gamma,
        "16 is the example's k": gamma * 16,
        "it is divided by k; the penalty comes less often, so it must be stronger": gamma / k,
        "it is multiplied by k + 1; there were k gradients in place of one": gamma * (k + 1),
        "it is corrected by c as well; that belongs to Adam": gamma * k * c,
        "it is multiplied by c; that belongs to Adam, and the penalty needs k": gamma * c,
    }
    rates = {
        "it is unchanged; there is a step more in every k, so it must be smaller": lr,
        "c is upside down: it must become smaller": lr / c,
        "it is raised to the power c; only the two β are": lr**c,
        "it is multiplied by k, as the penalty is": lr * k,
        "it is divided by k": lr / k,
        "c is k/(k + 1), not (k − 1)/k": lr * (k - 1) / k,
        "c is k/(k + 1), not 1/(k + 1)": lr / (k + 1),
    }
    betas = {
        "it is unchanged": beta,
        "it is multiplied by c; it must be raised to the power c": beta * c,
        "it is raised to 1/c: then Adam forgets faster, not slower": beta ** (1 / c),
        "it is raised to the power k": beta**k,
        "1 − β is corrected in place of β": 1 - (1 - beta) * c,
        "β₁ and β₂ are swapped": other**c,
    }
    example = (160.0, 0.002 * 16 / 17, 0.0, 0.99 ** (16 / 17))[which]
    suspects = {"the numbers of the example come back, whatever the input": example}
    want = (gamma * k, lr * c, beta**c, beta**c)[which]
    return Case((gamma, lr, beta1, beta2, k), want, suspects | (weights, rates, betas, betas)[which])


@teaches("One backward pass gives the length of a Jacobian that was never written down.")
def path_lengths(answer: Any, draw: Draw) -> None:
    """Check ‖J_wᵀy‖ of each picture, differentiable, against an explicit Jacobian."""
    for batch, layers, width, shape in ((3, 4, 5, (2, 6, 7)), (2, 3, 6, (3, 5, 4)), (1, 5, 2, (3, 4, 6))):
        mixing = draw.normal(layers * width, math.prod(shape))
        ws = torch.randn(batch, layers, width, generator=draw).requires_grad_()
        noise = torch.randn(batch, *shape, generator=draw)

        def network(w: Tensor, mixing: Tensor = mixing, shape: tuple[int, ...] = shape) -> Tensor:
            hidden = w.flatten(1) @ mixing.to(w.dtype)
            return (hidden + 0.3 * hidden.sin()).reshape(len(w), *shape)

        channels, height, pixels = shape[0], shape[1], math.prod(shape[1:])
        y, rows = noise.double() / math.sqrt(pixels), []
        for one, its in zip(ws.double().split(1), y, strict=True):
            jacobian = torch.autograd.functional.jacobian(network, one, create_graph=True)[0]  # (C, H, W, 1, L, D)
            rows.append(torch.einsum("chwald,chw->ld", jacobian, its))
        product = torch.stack(rows)  # (B, L, D)
        squares = product.square().sum(2)
        want = squares.mean(1).sqrt()
        suspects = {
            "y is not divided by √(HW)": want * math.sqrt(pixels),
            "y is divided by HW; its root is wanted": want / math.sqrt(pixels),
            "y is divided by H; H and W differ: √(HW)": want * math.sqrt(pixels) / height,
            "y is divided by W; H and W differ: √(HW)": want * height / math.sqrt(pixels),
            "y is divided by √(CHW); the channels do not count": want / math.sqrt(channels),
            "the squares are summed over the layers; their mean is wanted": squares.sum(1).sqrt(),
            "the root is missing: this is the squared length": squares.mean(1),
            "the root is taken before the mean over layers": squares.sqrt().mean(1),
            "it is averaged over w's numbers too; their squares add up": product.square().mean((1, 2)).sqrt(),
            "it is averaged over the pictures and not over the layers": squares.mean(0).sqrt(),
            "it is not averaged over the layers: one number a picture is wanted": squares.sqrt(),
            "it is the sum of absolute values": product.abs().sum(2).mean(1),
        }
        value = ask(answer, network(ws), ws, noise, as_clones=False)  # no picture was computed from a clone
        agree(value, want, "the length", suspects, inputs={"ws": ws})


@teaches("Closer to the average there is less variety and there are fewer failures; ψ is the dial.")
@by_cases(
    "the styles", [(2, 0.3, 3, 5, 4), (4, 0.8, 2, 4, 3), (3, 0.6, 1, 6, 2), (0, 0.2, 2, 3, 4), (1, 0.0, 4, 5, 3)]
)
def truncate(draw: Draw, cutoff: int, psi: float, *shape: int) -> Case:
    """The first layers become w̄ + ψ(w − w̄); the others, and the input itself, stay."""
    w, m = draw.normal(*shape), draw.normal(shape[2], std=2.0)

    def layered(pulled: Tensor, kept: Tensor = w, count: int = cutoff) -> Tensor:
        return torch.where((torch.arange(shape[1]) < count)[:, None], pulled, kept)

    everywhere, of_batch = m.lerp(w, psi), w.mean((0, 1)).lerp(w, psi)
    pictures = torch.cat([everywhere[:cutoff], w[cutoff:]])
    suspects = {
        "every layer is truncated; only the first `cutoff` are": everywhere,
        "the last layers are truncated; it must be the first `cutoff`": layered(w, everywhere),
        "it is off by one: `cutoff` counts layers, from 0 on": layered(everywhere, count=cutoff + 1),
        "w is pulled towards zero; it must be towards the average": layered(psi * w),
        "ψ is the wrong way round: ψ = 1 must leave w alone": layered(m + (1 - psi) * (w - m)),
        "the average of this batch is taken; the one that was given is wanted": layered(of_batch),
        "the average is not added again": layered(psi * (w - m)),
        "the average is added, but not subtracted before": layered(m + psi * w),
        "w is left as it was": w,
        "the first pictures are truncated; it must be the first layers": pictures,
        "only the truncated layers came back; the others belong there too": everywhere[:, :cutoff],
    }
    return Case((w, m, psi, cutoff), layered(everywhere), suspects)


def _penalised(which: int, draw: Draw, layers: int, batch: int, width: int, start: float, decay: float) -> Case:
    sizes = draw.uniform(1, batch, 1, low=0.5, high=2.5)  # so that an average over pictures shows
    found = (draw.normal(layers, batch, width) * sizes).requires_grad_()
    squares = found.square().sum(2)  # (L, B)
    right, of_layers, root = squares.mean(0).sqrt(), squares.mean(1).sqrt(), squares.sqrt()
    a = (start * right.mean()).detach()

    def off(lengths: Tensor) -> Tensor:
        return (lengths - a.lerp(lengths.mean(), decay)).square().mean()

    moved, turned = a.lerp(right.mean(), decay), right.mean().lerp(a, decay)
    if which:
        suspects = {
            "it is left where it was": a,
            "this is the mean length of this batch alone": right.mean(),
            "it is moved by 1 − decay; it moves by `decay` towards this batch's mean": turned,
            "it is moved towards the mean of the squared lengths": a.lerp(right.square().mean(), decay),
            "it is moved towards a mean over layers, not over pictures": a.lerp(of_layers.mean(), decay),
        }
        return Case((found, a, decay), moved.detach(), suspects)
    gaps = right - moved
    suspects = {
        "a is cut off now, but there is still one length a layer, not one a picture": off(of_layers),
        "the old a is used; it is moved first": (right - a).square().mean(),
        "the mean length of this batch stands for a": (right - right.mean()).square().mean(),
        "a is moved the wrong way round: it keeps 1 − decay of itself": (right - turned).square().mean(),
        "the layers are summed; their mean is wanted": off(squares.sum(0).sqrt()),
        "the root is missing: this compares squared lengths": off(squares.mean(0)),
        "the root is taken before the mean over layers": off(root.mean(0)),
        "every layer of every picture is compared with a; first comes the mean over layers": off(root),
        "all lengths are averaged before a is subtracted; the square comes first": gaps.mean().square(),
        "one length for the whole batch: nothing is left to average": off(squares.mean().sqrt()),
        "w's numbers are averaged; their squares add up": off((squares / width).mean(0).sqrt()),
        "the difference is not squared": gaps.mean(),
        "the absolute difference is taken; its square is wanted": gaps.abs().mean(),
    }
    leaves, counted = {"gradients": found}, {"pictures": batch}
    return Case((found, a, decay), gaps.square().mean(), suspects, leaves, counted)


@teaches("Each picture has a slope of its own; their mean may be zero while none of them is.")
def penalty(answer: Any, draw: Draw) -> None:
    """Find the mistakes: the mean over pictures came before the square, and the running mean kept its history."""
    of_penalty, of_mean = (part(answer, index, "the penalty and the new a") for index in (0, 1))
    shapes = ((4, 3, 2, 1.5, 0.2), (3, 5, 4, 0.5, 0.1), (2, 6, 3, 0.7, 0.3), (5, 1, 2, 1.4, 0.2))
    case = _penalised(0, draw, *shapes[0])
    history = tensor(ask(of_mean, *case.arguments), "the new a").requires_grad
    published = torch.as_tensor(next(iter(case.suspects.values())))
    if history and matches(tensor(ask(of_penalty, *case.arguments), "the penalty"), published):
        raise NotDone("not done yet: what comes back is still that of the published code")
    agree_always(answer, ("the penalty", "the new a"), _penalised, draw, *shapes)
    if history:
        reason = "the new a still holds the graph of this step and of all steps before: memory grows"
        mistake(reason, "What is kept for the next step is a number: `a.detach()`.")


SAMPLES, USES = 300, ("page", "training")


@teaches("A page of samples shows precision; what a generator leaves out, nobody sees on it.")
def published(answer: Any, draw: Draw) -> None:
    """Measure precision and recall of 300 samples at both values of ψ that were chosen."""
    found = found_and_why(answer)
    if not isinstance(found, Mapping) or not set(USES) <= set(found):
        mistake("a dictionary is wanted with a ψ for the `page` and one for `training`")
    psis = {use: float(tensor(found[use], f"ψ for the {use}")) for use in USES}
    if not all(0 <= psi <= 1.5 for psi in psis.values()):
        mistake("ψ lies between 0, one face, and 1, no truncation; a little more is possible", f"got {psis}")
    seen, features, network = {}, zoo.load("features"), zoo.load("stylegan2_faces")
    assert isinstance(features, Features)
    assert isinstance(network, Generator)
    with torch.no_grad():
        real = features.of(load("faces", "test", n=SAMPLES).unit())
        for use, psi in psis.items():
            seen[use] = precision_recall(real, features.of(network.sample(SAMPLES, truncation=psi)))
    for use, (precision, recall) in seen.items():
        print(f"{use}: ψ = {psis[use]:.2f}, precision {precision:.2f}, recall {recall:.2f}")
    if psis["page"] > psis["training"]:
        mistake("the page has the failures, and training the sameness: are the two exchanged?")
    if seen["training"][1] < 0.1:
        mistake("a network trained on these samples would know less than a tenth of the faces that there are")
