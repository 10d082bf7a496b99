"""Checks of chapter 06: couplings both ways, the logistic density, the scaling, taking turns, one's own flow."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gmcourse.data import load
from gmcourse.exercises.checks import NotDone, ask, by_cases, found_and_why, mistake, teaches
from gmcourse.exercises.closeness import agree_gradients
from gmcourse.exercises.compare import Case, Draw, agree, agree_always, finite, fresh_weights, log_normal, tensor
from gmcourse.flows import Dequantized, Flow, LawBroken, assert_bijection_laws
from gmcourse.metrics.likelihood import bits_per_dim

NICE_BITS = 2.8  # per dimension on the test digits, as lesson 06 measures it
Halves = dict[str, tuple[Tensor, Tensor]]


def _network(inputs: int, outputs: int, draw: Draw) -> nn.Module:
    network = nn.Sequential(nn.Linear(inputs, 12), nn.ReLU(), nn.Linear(12, outputs))
    return fresh_weights(network, draw, 0.4)


def _leaves(x: Tensor, *networks: nn.Module) -> dict[str, Tensor]:
    """What training goes through: the input, and of each network a weight that all of its output depends on."""
    return {"x": x} | {f"weights of network {i + 1}": next(each.parameters()) for i, each in enumerate(networks)}


def _joined(halves: Halves) -> dict[str, Tensor]:
    return {words: torch.cat(each, 1) for words, each in halves.items()}


def _coupled(draw: Draw, rows: int, dim: int, inverse: bool) -> Case:
    m = _network(dim // 2, dim // 2, draw)
    x = draw.leaf(rows, dim)
    a, b = x.chunk(2, dim=1)
    of_a, of_b = (m(half.float()).double() for half in (a, b))
    there, fed = (-of_a, -of_b) if inverse else (of_a, of_b)
    sign = "m is added once more; undoing means to subtract it" if inverse else "m is subtracted; it is added"
    halves = {
        sign: (a, b - there),
        "m is fed with the half that changes; the other is the one that both ways know": (a, b + fed),
        "the first half never changes": (a + there, b + there),
        "the first half is changed in place of the second": (a + fed, b),
        "the halves come back in the wrong order": (b + there, a),
        "what came in comes back unchanged": (a, b),
        "m(x₁) takes the place of the second half; it is added to it": (a, there),
    }
    return Case((x, m, inverse), torch.cat([a, b + there], 1), _joined(halves), _leaves(x, m))


@teaches("The inverse needs no inverse of the network: this is the trick of all coupling flows.")
def coupling(answer: Any, draw: Draw) -> None:
    """Check y₁ = x₁, y₂ = x₂ + m(x₁), and its inverse."""
    for inverse, what in ((False, "the coupling"), (True, "the inverse")):
        shapes = ((4, 6, inverse), (1, 2, inverse), (3, 10, inverse))
        agree_always(answer, what, _coupled, draw, *shapes)


@teaches("The volume can change now, and its logarithm is a sum.")
@by_cases(("y", "log_det"), [(4, 6), (1, 4), (3, 8)])
def affine_coupling(which: int, draw: Draw, rows: int, dim: int) -> Case:
    """Check y₂ = (x₂ + t) ⊙ exp(r) with (r, t) from the network, and the log-determinant of each row."""
    network = _network(dim // 2, dim, draw)
    x = draw.leaf(rows, dim)
    x1, x2 = x.chunk(2, dim=1)
    r, t = network(x1.float()).double().chunk(2, dim=1)
    s = r.exp()
    if which == 0:
        halves = {
            "the shift comes first: (x₂ + t) ⊙ s, not x₂ ⊙ s + t": (x1, x2 * s + t),
            "the scale is exp(r); r itself may be negative or zero": (x1, (x2 + t) * r),
            "r and t are swapped: the first half of the network's output is r": (x1, (x2 + r) * t.exp()),
            "the second half is divided by s; that is the inverse": (x1, x2 / s - t),
            "the first half must stay as it is": (x1 * s, (x2 + t) * s),
            "the halves come back in the wrong order": ((x2 + t) * s, x1),
            "the shift is missing": (x1, x2 * s),
        }
        return Case((x, network), torch.cat([x1, (x2 + t) * s], 1), _joined(halves), _leaves(x, network))
    suspects = {
        "the sign is wrong: data to latent multiplies by s": -r.sum(1),
        "this is Σ s; the logarithm of a product of scales is Σ r": s.sum(1),
        "this is 0, as for additive couplings": torch.zeros(rows),
        "this sums the shifts; they change no volume": t.sum(1),
    }
    return Case((x, network), r.sum(1), suspects, _leaves(x, network), {"dimensions": dim // 2})


def _logistic(z: Tensor) -> Tensor:
    return F.logsigmoid(z) + F.logsigmoid(-z)


def _logistic_rows(draw: Draw, rows: int, dim: int) -> Case:
    z = draw.leaf(rows, dim, std=3.0)
    missing = "half of it is missing: log p = log σ(z) + log σ(−z)"
    suspects = {
        missing: F.logsigmoid(z).sum(1),
        f"{missing}  (the half with −z is there)": F.logsigmoid(-z).sum(1),
        "this is the normal density": log_normal(z),
    }
    return Case((z,), _logistic(z).sum(1), suspects, {"z": z}, {"dimensions": dim})


@teaches("A prior with heavier tails than the normal, which no latent makes overflow.")
def logistic_log_prob(answer: Any, draw: Draw) -> None:
    """Check the log of the standard logistic density, summed over the dimensions, for any size of z."""
    agree_always(answer, "log p(z)", _logistic_rows, draw, (4, 3), (1, 7), (6, 2))
    # Rows of very different sizes, so that no one shift serves them all; beyond what float64's exp can hold.
    far = torch.tensor([[1000.0, -1000.0], [0.5, -0.25], [-90.0, 3.0], [20.0, 400.0]], requires_grad=True)
    got = tensor(ask(answer, far), "log p(z)")
    over = "log p(z) overflows at z = ±1000: exp(1000) is infinite; use softplus or logsigmoid"
    cut = "a large z is cut off: log p(z) goes on falling, by 1 for each step that z takes"
    alone = "a row of small numbers suffers from the large ones in other rows: each needs a shift of its own"
    wanted = _logistic(far.double()).sum(1)
    for row, each, want in zip(far, got, wanted, strict=True):
        infinite, finite_but = (over, cut) if row.abs().max() > 80 else (alone, alone)
        agree(finite(each, "log p(z)", infinite), want, "log p(z)", otherwise=finite_but)
    agree_gradients(got, wanted, {"z": far}, "log p(z)")


@teaches("One scale for each dimension is all the change of volume that NICE has.")
@by_cases("log p(h)", [(4, 3), (1, 6), (5, 2)])
def scaled_log_prob(draw: Draw, rows: int, dim: int) -> Case:
    """log p(h) where z = exp(s) ⊙ h is standard logistic."""
    h, s = draw.leaf(rows, dim), draw.leaf(dim)
    z, total = s.exp() * h, s.sum()
    prior = _logistic(z).sum(1)
    suspects = {
        "Σ s is missing: the scaling changes volume": prior,
        "Σ s is subtracted; data to latent, it is added": prior - total,
        "Σ exp(s) is added; the log-determinant is Σ s": prior + s.exp().sum(),
        "the mean of s is added; the log-determinant is a sum": prior + s.mean(),
        "h is not scaled": _logistic(h).sum(1) + total,
        "h is divided by exp(s); that is the way back": _logistic(h / s.exp()).sum(1) + total,
        "h is multiplied by s; the scale is exp(s)": _logistic(s * h).sum(1) + total,
        "Σ s is counted once for each row of the batch": prior + rows * total,
        "the prior is missing: this is the log-determinant alone": total.expand(rows),
        "the prior is the standard logistic, not the normal": log_normal(z) + total,
    }
    return Case((h, s), prior + total, suspects, {"h": h, "s": s})


@teaches("Now that the halves take turns, no input is left as it came.")
@by_cases("the output", [(3, 6), (2, 4), (1, 8)], atol=1e-4)
def mixed(draw: Draw, rows: int, dim: int) -> Case:
    """Find the mistake: couplings that must take turns."""
    m1, m2, m3 = nets = [_network(dim // 2, dim // 2, draw) for _ in range(3)]
    x = draw.leaf(rows, dim)
    a, b = x.float().chunk(2, dim=1)
    b1 = b + m1(a)
    a1 = a + m2(b1)
    b2 = b1 + m3(a1)
    old_a, first_a, last_b = a + m2(b), a + m1(b), b + m3(a)
    first_b, last_a = b + m2(first_a), a + m2(last_b)
    old = "the second coupling is fed with the old second half; each sees what the one before made"
    halves = {
        old: (old_a, b1 + m3(old_a)),
        "the third coupling is fed with the old first half": (a1, b1 + m3(a)),
        "the halves come back swapped": (b2, a1),
        "the third coupling is missing": (a1, b1),
        "the first coupling must change the second half": (first_a + m3(first_b), first_b),
        "the networks are used in reverse order": (last_a, last_b + m1(last_a)),
        "the third coupling begins again with the old second half": (a1, b + m3(a1)),
    }
    handed = torch.cat([a, b + m1(a) + m2(a) + m3(a)], 1)
    return Case((x, nets), torch.cat([a1, b2], 1).double(), _joined(halves), _leaves(x, *nets), handed=handed)


@teaches("Your flow has learned these digits better than NICE has, and its number can be compared with any other's.")
def small_flow(answer: Any, draw: Draw) -> None:
    """Load the flow that was saved, test that it is one, and measure it on digits that it has not seen."""
    build, saved = found_and_why(answer)
    model = ask(build)
    if not saved:
        raise NotDone("not done yet: no trained flow is saved beside the notebook")
    if not isinstance(model, Flow) or model.shape != (64,):
        mistake("`build` must make a `Flow` of 64 dimensions: Flow(bijection, (64,), prior)")
    test = load("digits", "test")
    pixels = test.pixels.flatten(1)
    bound = Dequantized(model.eval(), test.grey_levels)
    try:
        model.load_state_dict(saved)
        assert_bijection_laws(model, bound.continuous(pixels[:2]), round_trip=1e-6, log_det=1e-6)
    except RuntimeError as error:
        mistake("what was saved does not fit what `build` makes: delete the file and train again", str(error))
    except LawBroken as broken:
        mistake("this is no flow: one of the laws of a bijection is broken, so its number means nothing", str(broken))
    with torch.no_grad():  # the noise of one draw shows in the third digit
        log_p = torch.stack([bound.log_prob(pixels) for _ in range(4)]).mean(0)
    bits = float(bits_per_dim(log_p, 64).mean())
    print(f"{bits:.3f} bits per dimension on {len(pixels)} test digits; the lesson's NICE has about {NICE_BITS}")
    if not bits < NICE_BITS:
        mistake(f"the flow does not beat the lesson's NICE, {NICE_BITS} bits per dimension", f"it has {bits:.3f}")
