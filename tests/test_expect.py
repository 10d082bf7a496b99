"""The checks themselves: what each lets pass, what it refuses, and in which words."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.densities.normal import check_factor


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: expect.whole("n", 2.0), "n is 2.0; expected a whole number"),
        (lambda: expect.whole("n", True), "n is True; expected a whole number"),
        (lambda: expect.whole("n", 0, least=1, most=3), "n is 0; expected a whole number ≥ 1 and ≤ 3"),
        (lambda: expect.number("s", float("nan"), above=0), "s is nan; expected a finite number > 0"),
        (lambda: expect.number("s", torch.ones(())), r"s is a Tensor of shape \(\); expected a finite"),
        (lambda: expect.number("s", Fraction(1, 2)), "s is a fractions.Fraction; expected a finite number"),
        (lambda: expect.number("s", 10**400), "s is a int; expected a finite number"),
        (lambda: expect.whole("n", 10**400, least=1), "n is a int; expected a whole number of 64 bits ≥ 1"),
        (lambda: expect.path("root", "a\0b"), "root is 'a.x00b'; expected a path"),
        (lambda: expect.tensor("x", torch.ones(2).to_sparse()), "x is sparse, .* x.to_dense"),
        (lambda: expect.tensor("x", torch.ones(2).to(torch.float8_e4m3fn)), "x has dtype torch.float8"),
        (lambda: expect.one_of("kind", "c", ("a", "b")), "kind is 'c'; expected one of 'a', 'b'"),
        (lambda: expect.tensor("x", [1.0]), r"x is a list; expected a torch.Tensor; .* torch.tensor"),
        (lambda: expect.tensor("x", np.ones(2), "N"), r"numpy.ndarray .* \(N,\); .* torch.from_numpy"),
        (lambda: expect.tensor("x", torch.ones(2, 3), "N 2"), r"x has shape \(2, 3\); expected \(N, 2\)"),
        (lambda: expect.tensor("x", torch.ones(2, 2), "N 1|3"), r"expected \(N, 1 or 3\)"),
        (lambda: expect.tensor("x", torch.ones(2), "N D …"), r"expected \(N, D, …\)"),
        (lambda: expect.tensor("x", torch.ones(2, 3).long()), "x has dtype torch.int64; .* x.float"),
        (lambda: expect.tensor("x", torch.ones(2).half(), dtype="full"), "float32 or float64"),
        (lambda: expect.tensor("x", torch.ones(0)), "x is empty"),
        (lambda: expect.tensor("x", torch.tensor([1.0, torch.nan])), "NaN or infinite in 1 of 2"),
        (lambda: expect.tensor("x", torch.ones(2, device="meta")), "'meta', where nothing has a value"),
        (lambda: expect.tensor("x", torch.ones(2), within=(2, torch.inf)), "from 1 to 1; expected them ≥ 2"),
        (lambda: expect.pictures("x", 255 * torch.ones(3)), "x is pictures from 255 to 255; expected"),
        (lambda: expect.pictures("x", torch.tensor([-1.0, 1.0])), r"x is pictures from -1 to 1; .* \(x \+ 1\) / 2"),
        (lambda: expect.same_shape(a=torch.ones(2), b=torch.ones(1)), r"a \(2,\), b \(1,\)"),
        (lambda: expect.same_device(a=torch.ones(2), b=torch.ones(1, device="meta")), "a on cpu, b on meta"),
        (
            lambda: expect.cholesky("c", torch.tensor([[1.0, 0.9], [0.0, 1.0]])),
            "c is not symmetric, by 0.9",
        ),
        (lambda: expect.cholesky("c", -torch.eye(2)), "c is not positive definite"),
        (lambda: check_factor("l", torch.ones(2, 2)), "l is no lower Cholesky factor"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_what_fits_is_given_back():
    x = torch.ones(2, 3)
    for shape in (None, "N D", "2 3", "… 3", "N …", "… N D", "N 1|3"):
        assert expect.tensor("x", x, shape) is x
    assert expect.tensor("x", torch.tensor([-torch.inf]), minus_infinity=True).shape == (1,)
    assert expect.whole("n", np.int64(3), most=3) == 3
    assert expect.number("s", 1, least=1) == 1.0


@expect.door(
    x="N D",
    k=">= 1 < N",
    kind="a|b",
    labels="N; integer",
    names="K:",
    pair="D / >= 0",
    far="D; unseen, anywhere",
)
def some(
    x: Tensor,
    k: int = 1,
    kind: str = "a",
    labels: Tensor | None = None,
    names: Sequence[str] = ("u",),
    sizes: Sequence[int] = (1,),
    pair: tuple[Tensor, float] | None = None,
    far: Tensor | None = None,
    call: Callable[[Tensor], Tensor] | None = None,
    many: Mapping[str, Tensor] | None = None,
    **more: float,
) -> str:
    return kind


X = torch.ones(3, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": X[0]}, r"x has shape \(2,\); expected \(N, D\)"),
        ({"k": 3}, "k is 3; expected a whole number ≥ 1 and ≤ 2"),
        ({"kind": "c"}, "kind is 'c'"),
        ({"labels": torch.ones(2).long()}, r"labels has shape \(2,\); expected \(3,\)"),
        ({"labels": torch.ones(3)}, "labels has dtype"),
        ({"names": 3}, "names is 3; expected a sequence"),
        ({"names": [3]}, r"names\[0\] is 3; expected a string"),
        ({"sizes": b"ab"}, "sizes is a bytes; expected a sequence"),
        ({"pair": (torch.ones(2), -1.0)}, r"pair\[1\] is -1.0"),
        ({"pair": (torch.ones(3), 1.0)}, r"pair\[0\] has shape"),
        ({"call": 3}, "call is 3; expected a function"),
        ({"many": {}}, "many is empty"),
        ({"many": {"u": 3}}, r"many\['u'\] is 3"),
        ({"other": "u"}, "other is 'u'"),
    ],
)
def test_a_door_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        some(**({"x": X} | arguments))


def test_a_door_names_what_differs_in_dtype():
    """Where torch stops, and only there; the outermost door's names are told, with the object of a method."""

    class Layer(torch.nn.Linear):
        @expect.door()
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x)

    @expect.door()
    def outer(given: Tensor, layers: Sequence[torch.nn.Module]) -> Tensor:
        return layers[0](given)

    layer = Layer(2, 2)
    with pytest.raises(ValueError, match=r"Layer has torch.float32, x has torch.float64; expected one dtype"):
        layer(X.double())
    with pytest.raises(ValueError, match=r"given has torch.float64, layers has torch.float32; expected one"):
        outer(X.double(), [layer])
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        layer(torch.ones(2, 3))
    with torch.autocast("cpu", torch.bfloat16):
        assert outer(X.bfloat16(), [layer]).dtype is torch.bfloat16


def test_a_door_lets_pass():
    assert some(X, 2, "b", torch.ones(3).long(), ["u"], [1], (torch.ones(2), 0.0), X[0] * torch.nan) == "b"
    assert some(X, 1, "a", None, "uv", (2,), None, torch.ones(2, device="meta"), torch.exp, {"u": X}, other=2) == "a"
    with pytest.raises(TypeError, match="x"):
        some()


def test_values_are_looked_at_outside_of_a_graph_only():
    @expect.door(x="N; detached, >= 0")
    def training(x: Tensor) -> Tensor:
        return x

    with pytest.raises(ValueError, match="expected them ≥ 0"):
        training(-torch.ones(2))
    assert training((-torch.ones(2)).requires_grad_()).shape == (2,)


def test_a_drawing_gets_what_can_be_drawn():
    @expect.drawing(named="N")
    def draw(named: Mapping[str, Tensor]) -> Tensor:
        return named["a"]

    drawn = draw({"a": torch.ones(2, dtype=torch.bfloat16, requires_grad=True)})
    assert (drawn.dtype, drawn.requires_grad) == (torch.float32, False)


def test_a_wrong_line_is_found_when_the_module_loads():
    with pytest.raises(AssertionError, match="no argument"):

        @expect.door(y="N")
        def wrong(x: Tensor) -> Tensor:
            return x


def test_fields_of_a_dataclass():
    class Thing:
        x: Tensor

        def __init__(self, x: Tensor) -> None:
            self.x = x
            expect.fields(self, x="N")

    with pytest.raises(ValueError, match=r"x has shape \(3, 2\)"):
        Thing(X)


def test_numbers_of_numpy_arrive_as_numbers_of_python():
    """Some functions of torch, and `bit_length`, take no others."""

    @expect.door()
    def given(n: int, share: float, shape: tuple[int, ...] = ()) -> list[type]:
        return [type(n), type(share), *map(type, shape)]

    assert given(np.int64(3), share=np.float32(0.5), shape=(np.int32(8), 8)) == [int, float, int, int]


def test_an_empty_word_is_no_path():
    """It would be the folder at hand, into which `zoo.save(…, folder="")` wrote."""

    @expect.door()
    def read(root: str | Path | None = None) -> None: ...

    with pytest.raises(ValueError, match="root is ''; expected a path"):
        read("")
