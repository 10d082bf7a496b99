"""All readers: wrappers are seen through, and nothing is lost, left over, broadcast or guessed."""

import re

import pytest
import torch

from gmcourse.converters.nvlabs_stylegan2 import discriminator_from_nvlabs, generator_from_nvlabs
from gmcourse.converters.official_srflow import regression_from_official, srflow_from_official
from gmcourse.converters.plain_nice import nice_from_layers
from gmcourse.converters.rosinality_glow import glow_from_rosinality
from gmcourse.converters.state import Weights
from tests.conftest import Golden

# The reader; its file and prefix; a bias; a block that is missed; a block, the name of one more, and what is
# then told; names that the reader can do without.
READERS = {
    "generator": (
        generator_from_nvlabs,
        ("stylegan2_a", "G."),
        "synthesis.b8.conv0.bias",
        "synthesis.b16.",
        ("mapping.fc7.", "mapping.fc9.", "mapping.fc8.… is missing"),
        r"resample_filter$",
    ),
    "discriminator": (
        discriminator_from_nvlabs,
        ("stylegan2_a", "D."),
        "b8.conv0.bias",
        "b16.",
        ("b16.conv0.", "b16.conv2.", "not known: b16.conv2."),
        r"resample_filter$",
    ),
    "srflow": (
        lambda state: srflow_from_official(state, [0, 1]),
        ("srflow_a", ""),
        "flowUpsamplerNet.layers.3.affine.fAffine.4.bias",
        "flowUpsamplerNet.layers.9.",
        (
            "flowUpsamplerNet.layers.15.",
            "flowUpsamplerNet.layers.16.",
            "not known: flowUpsamplerNet.layers.16.",
        ),
        r"RRDB\.(HRconv|conv_last|upconv2)",
    ),
    "regression": (
        regression_from_official,
        ("srflow_a", ""),
        "RRDB.RRDB_trunk.1.RDB2.conv3.bias",
        "RRDB.RRDB_trunk.0.",
        (
            "RRDB.RRDB_trunk.1.RDB3.",
            "RRDB.RRDB_trunk.1.RDB4.",
            "not known: RRDB.RRDB_trunk.1.RDB4.",
        ),
        r"flowUpsamplerNet",
    ),
    "nice": (
        nice_from_layers,
        ("nice_a", ""),
        "coupling1.layer2.bias",
        "coupling1.",
        ("coupling3.layer2.", "coupling3.layer3.", "not known: coupling3.layer3."),
        r"^$",
    ),
    "glow": (
        lambda state: glow_from_rosinality(state, (3, 8, 12)),
        ("glow_a_lu_affine", ""),
        "blocks.0.flows.1.coupling.net.2.bias",
        "blocks.1.flows.3.",
        ("blocks.1.flows.3.", "blocks.1.flows.4.", "not known: blocks.1.flows.4."),
        r"^$",
    ),
}


@pytest.fixture(scope="module", params=READERS)
def case(request):
    read, (file, prefix), *rest = READERS[request.param]
    return read, Golden(file).weights(prefix), *rest


def same(ours, theirs):
    theirs = theirs.state_dict()
    return all(torch.equal(value, theirs[key]) for key, value in ours.state_dict().items())


def needed(state, optional):
    """The names that the reader cannot do without: every 12th, and the last."""
    names = [name for name in state if not re.search(optional, name)]
    return [*names[:: max(len(names) // 12, 1)], names[-1]]


@pytest.mark.parametrize(
    "wrapped",
    ["module.{}", "_orig_mod.{}", "module._orig_mod.{}", "_orig_mod.module.module.{}"],
)
def test_wrappers_are_seen_through(case, wrapped):
    read, state, *_ = case
    assert same(read(state), read({wrapped.format(name): value for name, value in state.items()}))


def test_a_wrapper_in_the_middle_and_a_name_twice():
    state = Golden("nice_a").weights()
    inner = {name.replace("coupling2.", "coupling2._orig_mod."): value for name, value in state.items()}
    assert same(nice_from_layers(state), nice_from_layers(inner))
    with pytest.raises(ValueError, match=r"'log_scale' twice"):
        nice_from_layers({**state, "module.log_scale": state["log_scale"]})


def test_what_is_missing_is_named(case):
    read, state, _, _, _, optional = case
    for name in needed(state, optional):
        rest = {key: value for key, value in state.items() if key != name}
        with pytest.raises(ValueError, match=rf"{re.escape(name)} is missing|missing: {re.escape(name)}"):
            read(rest)


def test_what_is_left_over_is_named_unless_it_is_ignored(case):
    read, state, *_ = case
    extra = {**state, "ema.decay": torch.zeros(1), "n_averaged": torch.tensor(3)}
    with pytest.raises(ValueError, match=r"not known: ema.decay, n_averaged"):
        read(extra)
    weights = Weights(extra, ignore=["ema.*", "n_averaged"])
    assert same(read(state), read(weights))
    assert {"ema.decay", "n_averaged"} <= set(weights.unused)


@pytest.mark.parametrize("shape", ["one", "more"])
def test_nothing_is_broadcast(case, shape):
    read, state, bias, _, _, optional = case
    names = [bias] if shape == "one" else needed(state, optional)
    for name in names:
        wrong = torch.zeros(1).double() if shape == "one" else state[name][None]
        with pytest.raises(ValueError, match=rf"{re.escape(name)} has shape \({wrong.shape[0]}"):
            read({**state, name: wrong})


def test_a_block_less_and_a_block_more(case):
    read, state, _, block, (last, further, told), _ = case
    fewer = {name: value for name, value in state.items() if not name.startswith(block)}
    more = {further + name.removeprefix(last): v for name, v in state.items() if name.startswith(last)}
    with pytest.raises(ValueError, match=rf"missing: {re.escape(block)}|{re.escape(block)}.* is missing"):
        read(fewer)
    with pytest.raises(ValueError, match=re.escape(told)):
        read({**state, **more})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda value: value.index_fill(0, torch.tensor(0), float("nan")), "NaN or infinite in 1 of"),
        (lambda value: value.index_fill(0, torch.tensor(0), float("inf")), "NaN or infinite in 1 of"),
        (lambda value: value.long(), "torch.int64; expected a floating-point"),
        (lambda value: value.to(torch.float8_e4m3fn), "torch.float8_e4m3fn; expected a floating-point"),
        (lambda value: value.to_sparse(), "is sparse, .*; expected a dense tensor"),
        (lambda value: value.to("meta"), "is on the device 'meta', .*; expected"),
        (lambda value: value.tolist(), "is a list; expected a tensor"),
        (lambda value: value.numpy(), "is a numpy.ndarray .*; expected a tensor"),
    ],
    ids=["nan", "infinity", "integers", "float8", "sparse", "meta", "list", "numpy"],
)
def test_what_is_no_finite_number_is_refused(case, spoil, message):
    read, state, bias, *_ = case
    with pytest.raises(ValueError, match=rf"{re.escape(bias)}.*{message}"):
        read({**state, bias: spoil(state[bias])})


@pytest.mark.parametrize(
    ("given", "read_as"),
    [
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ],
)
def test_half_precision_is_read_as_single(case, given, read_as):
    read, state, *_ = case
    cast = {name: value.to(given) if value.is_floating_point() else value for name, value in state.items()}
    model = read(cast)
    assert {parameter.dtype for parameter in model.parameters()} == {read_as}
    exact = {name: value.to(read_as) if value.is_floating_point() else value for name, value in cast.items()}
    assert same(model, read(exact))


def test_other_files_are_refused(case):
    read, own, *_ = case
    files = [Golden(file).weights(prefix) for _, (file, prefix), *_ in READERS.values()]
    for other in ({}, {"weight": torch.zeros(1)}, *(each for each in files if set(each) != set(own))):
        with pytest.raises(ValueError, match=r"state is not a .* is missing"):
            read(other)
    with pytest.raises(ValueError, match="state is a list; expected a mapping"):
        read([1, 2])


@pytest.mark.parametrize("reader", ["generator", "discriminator"])
@pytest.mark.parametrize("taps", [(1, 2, 2, 1), (1, 2, 1)])
def test_a_blur_filter_that_is_not_ours_is_refused(reader, taps):
    read, (file, prefix), *_ = READERS[reader]
    state = Golden(file).weights(prefix)
    name = next(key for key in state if key.endswith("b8.conv1.resample_filter"))
    foreign = torch.outer(torch.tensor(taps), torch.tensor(taps)).double()
    with pytest.raises(ValueError, match=re.escape(name)):
        read({**state, name: foreign / foreign.sum()})
    with pytest.raises(ValueError, match=r"not known: elsewhere.resample_filter"):
        read({**state, "elsewhere.resample_filter": state[name]})


def test_a_step_of_glow_that_has_no_inverse_is_refused():
    state, name = Golden("glow_a_plain_affine").weights(), "blocks.0.flows.2.actnorm.scale"
    with pytest.raises(ValueError, match=rf"{re.escape(name)} has zeros"):
        glow_from_rosinality({**state, name: state[name] * 0}, (3, 8, 12))


def test_what_a_reader_does_not_need_it_names():
    weights = Weights({**Golden("srflow_a").weights(), "flowUpsamplerNet.f.0.weight": torch.zeros(1)})
    srflow_from_official(weights, [0, 1])
    assert "RRDB.HRconv.bias" in weights.unused
    assert "flowUpsamplerNet.f.0.weight" in weights.unused
