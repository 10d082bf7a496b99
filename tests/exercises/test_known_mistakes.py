"""Every usual mistake has its name, whatever the formula; and shared, mirrored or seeded noise has one."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from gmcourse.exercises.compare import Case, agree, agree_always, agreed, remembered, watched
from gmcourse.exercises.exercise import by_cases, teaches
from gmcourse.exercises.independence import independent, standard_normal
from gmcourse.exercises.mistakes import Mistake

WANT = (torch.randn(3, 4, generator=torch.Generator().manual_seed(1)).abs() + 0.3).double()

USUAL: list[tuple[Callable[[Tensor], Tensor], str]] = [
    (lambda w: w / math.log(2), "base 2"),
    (lambda w: w / math.log(10), "base 10"),
    (lambda w: 2 * w, "a factor ½ is missing"),
    (lambda w: w / 2, "a factor 2 is missing"),
    (lambda w: -w, "sign is wrong"),
    (lambda w: w / 7, "averaged over the latents"),
    (lambda w: w * 7, "summed over the latents"),
    (lambda w: w.flip(0), "order along axis 0 is reversed"),
    (lambda w: w.T, "axes 0 and 1 are swapped"),
    (lambda w: w.T.reshape(3, 4), "a reshape stands"),
    (lambda w: w.sqrt(), "square root"),
    (lambda w: w.square(), "the square of"),
    (lambda w: 1 / w, "upside down"),
    (lambda w: w.exp(), "the logarithm of this is wanted"),
    (lambda w: w.log(), "this is the logarithm"),
    (lambda w: w.mean(), "averaged over everything"),
    (lambda w: w.sum(1), "summed over axis 1 too"),
    (lambda w: w[None] / torch.ones(5, 1, 1), "one axis too many"),
    (lambda w: w.reshape(12), "not their shape"),
    (lambda w: w + 0.7, "off by the same number"),
    (lambda w: 1.7 * w, "off by the same factor"),
    (lambda w: 0 * w + 1, "same number comes back"),
    (lambda w: w * math.nan, "not finite"),
    (lambda w: w + w.sin(), "wrong for fresh inputs"),
]


@pytest.mark.parametrize(("spoil", "hears"), USUAL, ids=[hears for _, hears in USUAL])
def test_a_usual_mistake_has_its_name(spoil: Callable[[Tensor], Tensor], hears: str) -> None:
    agreed.clear()
    with pytest.raises(Mistake, match=hears):
        agree(spoil(WANT), WANT, "the number", sizes={"latents": 7})
    agree(WANT.numpy(), WANT, "the number")
    agree(WANT.tolist(), WANT, "the number")
    with pytest.raises(Mistake, match="hard-coded"):
        agree(WANT + WANT.sin(), WANT, "the number")


def test_a_number_that_fits_once_is_no_reason() -> None:
    """Chance gives a single number the value of another mistake; it does not do so four times."""
    generator = torch.Generator().manual_seed(0)

    def case(generator: torch.Generator) -> Case:
        x = torch.rand((), generator=generator) + 1
        return Case((x,), x.double(), {"by luck": 3 * x if calls else torch.tensor(0.5)})

    calls: list[int] = []
    with pytest.raises(Mistake) as caught:
        agree_always(lambda x: 0.5 * torch.ones(()), "it", case, generator, ())
    assert "by luck" in str(caught.value)
    real = iter([True, False, False, False])

    def again(generator: torch.Generator) -> Case:
        x = torch.rand((), generator=generator) + 1
        return Case((x,), x.double(), {"by luck": torch.tensor(0.5) if next(real) else 3 * x})

    with pytest.raises(Mistake) as caught:
        agree_always(lambda x: 0.5 * torch.ones(()), "it", again, generator, ())
    assert "by luck" not in str(caught.value)


def test_gradients_are_looked_at_entry_by_entry() -> None:
    x = torch.tensor([0.5, 1.5, 2.5]).requires_grad_()
    want = x.double() ** 2
    for got, hears in (
        (x**2, ""),
        ((x**2).detach(), "no gradient"),
        (x.detach() ** 2 + 0 * x, "zero: something is detached"),
        (torch.where(x > 2, x.detach() ** 2, x**2), "zero in places"),
        (x * x.detach(), "wrong"),
        (
            (x**2).detach() + x.flip(0) ** 2 - x.flip(0).detach() ** 2,
            "wrong",
        ),  # the sum has the right gradient
    ):
        if hears:
            with pytest.raises(Mistake, match=hears):
                agree(got, want, "it", inputs={"x": x})
        elif got.requires_grad:
            agree(got, want, "it", inputs={"x": x})
    branches = torch.where(x > 0, x**2, (x - x).log() * (x - x))
    with pytest.raises(Mistake, match=r"the shares have the right value, but their gradient .* is not a number"):
        agree(branches, want, "the shares", inputs={"x": x})
    left = (x.detach().clone()).requires_grad_()
    value = left**2
    value.sum().backward(retain_graph=True)
    with pytest.raises(Mistake, match="leaves a gradient on `left`"):
        agree(value, left.double() ** 2, "it", inputs={"left": left})


def test_several_things_may_come_back_stacked() -> None:
    def case(which: int, generator: torch.Generator, rows: int) -> Case:
        x = torch.rand(rows, generator=generator) + 1
        return Case((x,), (x.double(), x.double() ** 2)[which])

    for answer in (
        lambda x: (x, x**2),
        lambda x: torch.stack([x, x**2]),
        lambda x: torch.stack([x, x**2]).numpy(),
    ):
        agree_always(answer, ("x", "its square"), case, torch.Generator(), (3,), (1,))
    with pytest.raises(Mistake, match="two things are wanted: x and its square"):
        agree_always(lambda x: x, ("x", "its square"), case, torch.Generator(), (3,))


def test_entries_that_are_nearly_right_are_not_off_by_one_factor() -> None:
    want = torch.tensor([9.812, 9.477, 9.989, 10.42]).double()
    with pytest.raises(Mistake, match="wrong for fresh inputs"):
        agree(want + torch.tensor([-5e-3, 6e-3, 6e-3, 4e-3]), want, "a thing asked once")


def fresh(seed: int, rows: int = 4000, width: int = 5) -> Tensor:
    return torch.randn(rows, width, generator=torch.Generator().manual_seed(seed))


NOISE: list[tuple[Callable[[int], Tensor], str]] = [
    (lambda s: fresh(s)[:1].expand(4000, 5), "shared by all rows"),
    (lambda s: fresh(s)[:, :1].expand(4000, 5), "shared by all latents"),
    (lambda s: fresh(s)[:, :1] * torch.tensor([1, -1, 1, -1, 1]), "shared by all latents"),
    (lambda s: torch.cat([fresh(s, 2000), -fresh(s, 2000)]), "mirror image"),
    (lambda s: fresh(s, 500).repeat(8, 1), "repeats itself"),
    (lambda s: fresh(0), "same at each call"),
    (lambda s: -fresh(0) if s else fresh(0), "same at each call"),
    (lambda s: fresh(s)[torch.randperm(4000, generator=torch.Generator().manual_seed(s))][:3999], ""),
    (lambda s: (fresh(s) + fresh(s).roll(1, 0)) / 2**0.5, "one row tells"),
    (lambda s: torch.stack([fresh(s)[:, 0].roll(i) for i in range(5)], 1), "one row tells"),
    (
        lambda s: fresh(s)[:2000].repeat_interleave(2, 0) * torch.tensor([1.0, -1.0]).repeat(2000)[:, None],
        "mirror",
    ),
    (lambda s: torch.special.ndtri((fresh(s).argsort(0).double() + 0.5) / 4000), "too evenly"),
    (lambda s: (fresh(s) + fresh(s).roll(1, 1)) / 2**0.5, "one latent tells"),
    (lambda s: 12**0.5 * (torch.special.ndtr(fresh(s)) - 0.5), "not normal"),
    (lambda s: 1.1 * fresh(s), "another spread"),
    (lambda s: 0.1 + fresh(s), "another mean"),
    (fresh, ""),
]


@pytest.mark.parametrize(("draw", "hears"), NOISE)
def test_noise_that_is_not_independent_has_its_name(draw: Callable[[int], Tensor], hears: str) -> None:
    if not hears:
        for seed in range(0, 20, 2):
            independent(draw(seed), draw(seed + 1), ("row", "latent"))
        return
    with pytest.raises(Mistake, match=hears):
        independent(draw(0), draw(1), ("row", "latent"))


def test_heavy_tails_are_named_whatever_their_spread_happens_to_be() -> None:
    for seed in (0, 14, 178, 245, 439):  # with all but the first the spread is six of a normal's errors off
        torch.manual_seed(seed)
        noise = torch.distributions.StudentT(5.0).sample((4000,)) * 0.6**0.5
        with pytest.raises(Mistake, match="not normal"):
            standard_normal(noise)


def test_noise_of_pictures_is_looked_at_along_each_axis() -> None:
    def picture(*shape: int) -> Callable[[int], Tensor]:
        def draw(seed: int) -> Tensor:
            return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).expand(2000, 3, 4, 5)

        return draw

    axes = ("row", "channel", "line", "place")
    for shape, hears in (
        ((2000, 1, 4, 5), "all channels"),
        ((2000, 3, 1, 1), "all lines"),
        ((1, 3, 4, 5), "all rows"),
    ):
        with pytest.raises(Mistake, match=hears):
            independent(picture(*shape)(0), picture(*shape)(1), axes)
    independent(picture(2000, 3, 4, 5)(0), picture(2000, 3, 4, 5)(1), axes)


def test_a_function_that_makes_cases_is_a_check(capsys: pytest.CaptureFixture[str]) -> None:
    @teaches("Nothing is simpler.")
    @by_cases("it", [(3,), (1,)], edges={"it overflows: shrink it first": (2, 1e30)})
    def doubled(generator: torch.Generator, n: int, size: float = 1.0) -> Case:
        x = size * torch.rand(n, generator=generator)
        return Case((x,), 2 * x.double(), {"it is squared": x.double() ** 2})

    doubled(lambda x: x + x)
    assert capsys.readouterr().out == "✓ doubled passed\nNothing is simpler.\n"
    for answer, words in (
        (lambda x: x**2, "it: it is squared"),
        (lambda x: (4 * x**2).sqrt(), "it overflows: shrink it first"),
    ):
        with pytest.raises(Mistake, match=f"^{words}"):
            doubled(answer)


def test_what_an_answer_asks_is_remembered() -> None:
    asked, calls = remembered(lambda z, context: z + context)
    assert (asked(1, 2), asked(3, context=4), calls) == (3, 7, [(1, 2), (3, 4)])
    network, x = torch.nn.Linear(2, 1), torch.ones(3, 2)
    given = watched(network)
    network(x)
    x.zero_()
    assert torch.equal(given[0], torch.ones(3, 2))
