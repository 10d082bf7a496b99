"""Checks of chapter 09: AdaIN, modulated convolution, lazy penalties, path length, truncation."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from gmcourse.exercises.asking import ask
from gmcourse.exercises.closeness import matches, show
from gmcourse.exercises.compare import agree, apart, finite, normal, tensor
from gmcourse.exercises.exercise import exercise
from gmcourse.exercises.gradients import agree_gradients, gradients
from gmcourse.exercises.mistakes import NotDone, mistake

EPS = 1e-8


@exercise
def adain(answer: Any, generator: torch.Generator) -> None:
    """AdaIN gives each map the mean and the deviation that its style says.

    A style says the mean and the deviation of each map: so the first StyleGAN was steered.
    """
    for batch, channels, height, width in ((3, 2, 4, 5), (1, 4, 6, 3)):
        x = (normal(batch, channels, height, width, generator=generator) * 2 + 3).detach().requires_grad_()
        scale = (0.5 + torch.rand(batch, channels, generator=generator)).requires_grad_()
        shift = normal(batch, channels, generator=generator, std=2.0)
        a, s, m = x.double(), scale.double()[..., None, None], shift.double()[..., None, None]
        want = s * F.instance_norm(a, eps=EPS) + m
        got = agree(ask(answer, x, scale, shift), want, "AdaIN", _adain_suspects(a, s, m, want))
        agree_gradients(got.square(), want.square(), {"x": x, "scale": scale, "shift": shift}, "AdaIN")
    flat = torch.full((1, 2, 3, 3), 0.5)
    value = ask(answer, flat, torch.ones(1, 2), torch.zeros(1, 2))
    finite(value, "AdaIN", "AdaIN of a map that is the same everywhere is not finite: ε is missing")


def _adain_suspects(a: Tensor, s: Tensor, m: Tensor, want: Tensor) -> dict[str, Tensor]:
    centred = a - a.mean((2, 3), keepdim=True)
    variance = a.var((2, 3), correction=0, keepdim=True)
    deviation, unbiased = (variance + EPS).sqrt(), (a.var((2, 3), keepdim=True) + EPS).sqrt()
    axes = {
        "batch too (batch normalisation); each picture has its own": (0, 2, 3),
        "channels too (layer normalisation); each map has its own": (1, 2, 3),
        "channels at each pixel; they run over the pixels of a map": (1,),
    }

    def over(dims: tuple[int, ...]) -> Tensor:
        variance, mean = torch.var_mean(a, dims, correction=0, keepdim=True)
        return s * (a - mean) / (variance + EPS).sqrt() + m

    runs = {f"mean and deviation run over the {words}": over(dims) for words, dims in axes.items()}
    return runs | {
        "the variance divides by the number of pixels minus one": s * centred / unbiased + m,
        "it divides by the variance; its root, the deviation, is wanted": s * centred / (variance + EPS) + m,
        "the mean is not subtracted": s * a / deviation + m,
        "the mean is subtracted, but nothing is divided by the deviation": s * centred + m,
        "the shift is missing": want - m,
        "the shift is multiplied by the scale": s * (centred / deviation + m),
        "scale and shift are swapped": m * centred / deviation + s,
        "the scale is 1 + scale; here the scale itself is given": want + (want - m) / s,
    }


def _grouped(x: Tensor, weight: Tensor, styles: Tensor) -> Tensor:
    """The reference in the paper's words: every picture is a group with weights of its own."""
    each = weight[None] * styles[:, None, :, None, None]
    each = each / (each.square().sum((2, 3, 4), keepdim=True) + EPS).sqrt()
    batch, _, height, width = x.shape
    joined = x.reshape(1, -1, height, width)
    return F.conv2d(joined, each.flatten(0, 1), padding=1, groups=batch).reshape(batch, -1, height, width)


@exercise
def modulated_conv(answer: Any, generator: torch.Generator) -> None:
    """Each picture is convolved with weights that its styles modulate and that are demodulated.

    The style now acts on the weights: no map has to be normalised by its own statistics.
    """
    for batch, inputs, outputs, side in ((3, 4, 5, 6), (2, 3, 2, 5), (1, 2, 4, 4)):
        x = normal(batch, inputs, side, side + 1, generator=generator)
        weight = normal(outputs, inputs, 3, 3, generator=generator)
        styles = (0.3 + 2 * torch.rand(batch, inputs, generator=generator)).requires_grad_()
        a, w, s = x.double(), weight.double(), styles.double()
        want = _grouped(a, w, s)
        value = ask(answer, x, weight, styles)
        got = agree(value, want, "the convolution", _conv_suspects(a, w, s))
        leaves = {"x": x, "weight": weight, "styles": styles}
        agree_gradients(got.square(), want.square(), leaves, "the convolution")
    value = ask(answer, x, weight, torch.zeros_like(styles))
    finite(value, "the convolution", "with styles of zero the result is not finite: ε is missing")


def _conv_suspects(a: Tensor, w: Tensor, s: Tensor) -> dict[str, Tensor]:
    scaled = a * s[:, :, None, None]
    plain = F.conv2d(scaled, w, padding=1)
    squares = torch.einsum("bi,oikl->boikl", s.square(), w.square())
    total = squares.sum((2, 3, 4))[..., None, None] + EPS
    mean = squares.mean((2, 3, 4))[..., None, None] + EPS
    over_maps = squares.sum((1, 2, 3, 4))[:, None, None, None] + EPS
    of_weights = w.square().sum((1, 2, 3))[:, None, None] + EPS
    no_border = F.conv2d(scaled, w) / total.sqrt()
    return {
        "it is modulated, but not demodulated": plain,
        "the norm is that of the weights before the style": plain / of_weights.sqrt(),
        "it is demodulated, but the styles are missing": _grouped(a, w, torch.ones_like(s)),
        "the norm is a mean of squares; their sum is wanted": plain / mean.sqrt(),
        "it divides by the sum of squares; its root is wanted": plain / total,
        "it is multiplied by the norm; it must be divided": plain * total.sqrt(),
        "the norm runs over the output maps too; each output map has its own": plain / over_maps.sqrt(),
        "it is normalised by the deviation of the output (instance normalisation); demodulation looks at the "
        "weights only": plain / (plain.var((2, 3), correction=0, keepdim=True) + EPS).sqrt(),
        "the styles of the first picture are used for all": _grouped(a, w, s[:1].expand_as(s)),
        "the convolution is a correlation in PyTorch; the weights were flipped": _grouped(a, w.flip(2, 3), s),
        "there are no zeros at the border: the size must stay (padding=1)": no_border,
    }


@exercise
def lazy(answer: Any, generator: torch.Generator) -> None:
    """A penalty every k steps has k times the weight, and Adam gets c = k/(k + 1) in its three numbers.

    A penalty at every k-th step costs a k-th of the time and pulls as hard.
    """
    for _ in range(3):
        while True:  # until no two mistakes lead to nearly the same number
            k = int(torch.randint(3, 20, (), generator=generator))
            uniform = torch.rand(4, generator=generator).tolist()
            gamma, lr = 1 + 9 * uniform[0], 1e-3 * (1 + uniform[1])
            beta1, beta2 = 0.3 + 0.4 * uniform[2], 0.9 + 0.05 * uniform[3]
            c = k / (k + 1)
            if apart([gamma, gamma * k, gamma / k, gamma * (k + 1)], 0.01):
                break
        value = ask(answer, gamma, lr, beta1, beta2, k)
        if not isinstance(value, tuple | list) or len(value) != 4:
            mistake(f"four numbers are wanted; `lazy` returned {type(value).__name__}")
        got = [float(tensor(each, "each of the four")) for each in value]
        example = [160.0, 0.002 * 16 / 17, 0.0, 0.99 ** (16 / 17)]
        if all(math.isclose(a, b, rel_tol=1e-3, abs_tol=1e-9) for a, b in zip(got, example, strict=True)):
            mistake("the numbers of the example come back, whatever the input")
        parts = (
            ("the penalty's weight", gamma * k, _weight_suspects(gamma, k)),
            ("the learning rate", lr * c, _rate_suspects(lr, k)),
            ("β₁", beta1**c, _beta_suspects(beta1, k, beta2)),
            ("β₂", beta2**c, _beta_suspects(beta2, k, beta1)),
        )
        for number, (what, want, suspects) in zip(got, parts, strict=True):
            agree(number, want, what, suspects, rtol=1e-5, atol=0.0)
    zero = tensor(ask(answer, gamma, lr, 0.0, beta2, k)[2], "β₁")
    if float(zero) != 0.0:
        mistake("β₁ = 0 must stay 0: Adam without memory has none after the correction", f"got {show(zero)}")


def _weight_suspects(gamma: float, k: int) -> dict[str, float]:
    return {
        "it is unchanged; the penalty comes k times less often, so it must be k times as strong": gamma,
        "it is divided by k; the penalty comes less often, so it must be stronger": gamma / k,
        "it is multiplied by k + 1; there were k gradients in place of one": gamma * (k + 1),
        "it is corrected by c as well; that belongs to Adam": gamma * k * k / (k + 1),
        "it is multiplied by c; that belongs to Adam, and the penalty needs k": gamma * k / (k + 1),
    }


def _rate_suspects(lr: float, k: int) -> dict[str, float]:
    c = k / (k + 1)
    return {
        "it is unchanged; there is a step more in every k, so it must be smaller": lr,
        "c is upside down: it must become smaller": lr / c,
        "it is raised to the power c; only the two β are": lr**c,
        "it is multiplied by k, as the penalty is": lr * k,
        "it is divided by k": lr / k,
        "c is k/(k + 1), not (k − 1)/k": lr * (k - 1) / k,
        "c is k/(k + 1), not 1/(k + 1)": lr / (k + 1),
    }


def _beta_suspects(beta: float, k: int, other: float) -> dict[str, float]:
    c = k / (k + 1)
    return {
        "it is unchanged": beta,
        "it is multiplied by c; it must be raised to the power c": beta * c,
        "it is raised to 1/c: then Adam forgets faster, not slower": beta ** (1 / c),
        "it is raised to the power k": beta**k,
        "1 − β is corrected in place of β": 1 - (1 - beta) * c,
        "β₁ and β₂ are swapped": other**c,
    }


@exercise
def path_lengths(answer: Any, generator: torch.Generator) -> None:
    """Check ‖J_wᵀy‖ of each picture, differentiable, against an explicit Jacobian.

    One backward pass gives the length of a Jacobian that was never written down.
    """
    for batch, layers, width, side in ((3, 2, 4, 3), (2, 3, 2, 4), (1, 4, 3, 2)):
        shape = (2, side, side + 1)
        mixing = normal(layers * width, math.prod(shape), generator=generator).detach()
        ws = normal(batch, layers, width, generator=generator)
        noise = normal(batch, *shape, generator=generator).detach()

        def network(w: Tensor, mixing: Tensor = mixing, shape: tuple[int, ...] = shape) -> Tensor:
            hidden = w.flatten(1) @ mixing.to(w.dtype)
            return (hidden + 0.3 * hidden.sin()).reshape(len(w), *shape)

        w = ws.double()
        y = noise.double() / math.sqrt(shape[1] * shape[2])
        rows = []
        for i in range(batch):
            jacobian = torch.autograd.functional.jacobian(network, w[i : i + 1], create_graph=True)
            flat = jacobian.reshape(math.prod(shape), layers, width)
            rows.append(torch.einsum("pld,p->ld", flat, y[i].flatten()))
        product = torch.stack(rows)  # (B, L, D)
        want = product.square().sum(2).mean(1).sqrt()
        value = ask(answer, network(ws), ws, noise, as_clones=False)  # no picture was computed from a clone
        suspects = _path_suspects(product, shape[1] * shape[2], shape[0])
        got = agree(value, want, "the length", suspects)
        if not got.requires_grad:
            reason = "the length has the right value but no gradient: training must go through it"
            mistake(reason, "Pass create_graph=True to torch.autograd.grad.")
        agree_gradients(got, want, {"ws": ws}, "the length")


def _path_suspects(product: Tensor, pixels: int, channels: int) -> dict[str, Tensor]:
    squares = product.square().sum(2)  # (B, L)
    want = squares.mean(1).sqrt()
    return {
        "y is not divided by √(HW)": want * math.sqrt(pixels),
        "y is divided by HW; its root is wanted": want / math.sqrt(pixels),
        "y is divided by √(CHW); the channels do not count": want / math.sqrt(channels),
        "the squares are summed over the layers; their mean is wanted": squares.sum(1).sqrt(),
        "the root is missing: this is the squared length": squares.mean(1),
        "the root is taken before the mean over layers": squares.sqrt().mean(1),
        "it is averaged over w's numbers too; their squares add up": product.square().mean((1, 2)).sqrt(),
        "one number for the whole batch came back; one a picture is wanted": want.mean(),
        "it is averaged over the pictures and not over the layers": squares.mean(0).sqrt(),
        "it is not averaged over the layers: one number a picture is wanted": squares.sqrt(),
        "it is the sum of absolute values": product.abs().sum(2).mean(1),
    }


@exercise
def truncate(answer: Any, generator: torch.Generator) -> None:
    """The first layers become w̄ + ψ(w − w̄); the others, and the input itself, stay.

    Closer to the average there is less variety and there are fewer failures; ψ is the dial.
    """
    for batch, layers, width, cutoff in ((3, 5, 4, 2), (2, 4, 3, 4), (1, 6, 2, 3), (2, 3, 4, 0)):
        ws = normal(batch, layers, width, generator=generator)
        mean = normal(width, generator=generator, std=2.0)
        psi = 0.2 + 0.2 * float(torch.rand((), generator=generator))
        w, m = ws.double(), mean.double()

        def layered(pulled: Tensor, w: Tensor = w, count: int = cutoff) -> Tensor:
            return torch.where((torch.arange(w.shape[1]) < count)[:, None], pulled, w)

        everywhere = torch.lerp(m.expand_as(w), w, psi)
        want, last = layered(everywhere), layered(w, everywhere)
        of_batch = layered(torch.lerp(w.mean((0, 1)), w, psi))
        given = ws.detach().clone()
        ask(answer, given, mean.detach(), psi, cutoff, as_clones=False)
        if not torch.equal(given, ws.detach()):
            mistake("the input was changed in place: somebody else may hold it. Work on a clone")
        value = ask(answer, ws, mean, psi, cutoff)
        suspects = {
            "every layer is truncated; only the first `cutoff` are": everywhere,
            "the last layers are truncated; it must be the first `cutoff`": last,
            "it is off by one: `cutoff` counts layers, from 0 on": layered(everywhere, count=cutoff + 1),
            "w is pulled towards zero; it must be towards the average": layered(psi * w),
            "ψ is the wrong way round: ψ = 1 must leave w alone": layered(m + (1 - psi) * (w - m)),
            "the average of this batch is taken; the one that was given is wanted": of_batch,
            "the average is not added again": layered(psi * (w - m)),
            "the average is added, but not subtracted before": layered(m + psi * w),
            "w is left as it was": w,
            "only the truncated layers came back; the others belong there too": everywhere[:, :cutoff],
        }
        got = agree(value, want, "the styles", suspects)
        agree_gradients(got.square(), want.square(), {"ws": ws}, "the styles")


@exercise
def penalty(answer: Any, generator: torch.Generator) -> None:
    """Find the mistake: the mean over pictures came before the square.

    Each picture has a slope of its own; their mean may be zero while none of them is.
    """
    for layers, batch, width in ((4, 3, 2), (3, 5, 4), (2, 6, 3), (5, 1, 2)):
        while True:  # until the published code gives another number than the right one
            # pictures of different size, so that an average over them shows
            sizes = 0.5 + 2 * torch.rand(1, batch, 1, generator=generator)
            found = (torch.randn(layers, batch, width, generator=generator) * sizes).requires_grad_()
            a = 0.5 + float(torch.rand((), generator=generator))
            p = found.double()
            squares = p.square().sum(2)  # (L, B)

            def off(lengths: Tensor, a: float = a) -> Tensor:
                return (lengths - a).square().mean()

            gaps = squares.mean(0).sqrt() - a
            want, published = gaps.square().mean(), off(squares.mean(1).sqrt())
            if apart([want.item(), published.item()]):
                break
        value = ask(answer, found, a)
        still = isinstance(value, Tensor) and matches(value, published)
        if still and _same_slopes(value, published, found):
            raise NotDone("not done yet: this is still the published code")
        root = squares.sqrt()
        suspects = {
            "the layers are summed; their mean is wanted": off(squares.sum(0).sqrt()),
            "the root is missing: this compares squared lengths": off(squares.mean(0)),
            "the root is taken before the mean over layers": off(root.mean(0)),
            "every layer of every picture is compared with a; first comes the mean over layers": off(root),
            "all lengths are averaged before a is subtracted; the square comes first": gaps.mean().square(),
            "one length for the whole batch: nothing is left to average": off(squares.mean().sqrt()),
            "it is summed over the pictures; the mean is wanted": gaps.square().sum(),
            "one number a picture came back; their mean is wanted": gaps.square(),
            "w's numbers are averaged; their squares add up": off(p.square().mean((0, 2)).sqrt()),
            "the difference is not squared": gaps.mean(),
            "the absolute difference is taken; its square is wanted": gaps.abs().mean(),
        }
        agree(value, want, "the penalty", suspects, inputs={"gradients": found})


def _same_slopes(value: Tensor, published: Tensor, found: Tensor) -> bool:
    """Whether the gradients are those of the published code too; a detached answer is another mistake."""
    if not value.requires_grad:
        return False
    ours = torch.autograd.grad(published, found, retain_graph=True)[0]
    return matches(gradients(value, [found], "the penalty")[0].double(), ours.double(), rtol=1e-3)
