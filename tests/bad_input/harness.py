"""Bad input at the doors: a row for each public name, and the wrong calls that are made of its good one.

A row is `row("module.name", lambda: {arguments of a good call})`. Of each argument bad ones are made, by kinds:

    rank shape batch dtype nan inf empty none list numpy device     of a tensor
    float text nan inf none negative                                of a number
    unknown number none                                             of a word
    number none empty length, and those of the members              of a sequence or a mapping

Each must raise a ValueError that names an argument and says what was expected. `fine` names the kinds that are
no fault of an argument ("shape" where any size will do), `bad` adds values that no kind makes, and `foreign` names
the kinds for which torch's or Python's own words are good enough; they count against the 95 %.
"""

import functools
import importlib
import inspect
import pkgutil
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

import gmcourse
from gmcourse.flows import Bijection

# Doors without rows as yet. This list gets shorter, never longer, and is empty in the end.
PENDING: tuple[str, ...] = ()
ASKED = ("names", "count", "shape", "lacks", "build", "take", "flag", "copy", "fill", "drop", "complain")
# No doors: what they hold is called by the package itself, or reads the command line.
INNER = (
    "gmcourse.__main__",
    "gmcourse.adversarial.penalties.one_logit_each",
    "gmcourse.adversarial.penalties.PathLength.forward",  # inside a training step
    "gmcourse.adversarial.side_by_side.SideBySide.load_state_dict",  # `fit` reads checkpoints
    "gmcourse.adversarial.step.Adversarial.load_state_dict",
    "gmcourse.adversarial.step.Adversarial.play",
    "gmcourse.console",
    "gmcourse.converters.state.opened",
    *(
        f"gmcourse.converters.state.Weights.{ask}"
        for ask in ["names", "count", "shape", "lacks", "build", "take", "flag"]
    ),
    *(f"gmcourse.converters.state.Weights.{ask}" for ask in ["copy", "fill", "drop", "complain"]),  # test_state.py
    *(
        f"gmcourse.data.folder.{part}"
        for part in ["Kept", "cache_file", "held_out", "list_files", "mark_of", "recall", "store"]
    ),
    "gmcourse.data.picture",  # read by data.folder, which counts and names what is no picture
    "gmcourse.data.faces.",  # the door is the package
    "gmcourse.densities.",  # likewise
    "gmcourse.densities.Path",  # inside losses and samplers
    "gmcourse.doctor",
    "gmcourse.flows.",  # the door is the package
    "gmcourse.exercises",  # the judge has tests of its own
    "gmcourse.expect",  # the checks themselves: test_expect.py
    "gmcourse.models.autoencoder.",  # the door is the package, as for the next ones
    "gmcourse.models.autoregressive.",
    "gmcourse.models.autoregressive.Autoregressive.next_logits",  # inside `sample`
    "gmcourse.models.autoregressive.PixelCNN.next_logits",
    "gmcourse.models.autoregressive.Transformer.next_logits",
    "gmcourse.models.diffusion.",
    "gmcourse.models.flow_matching.",
    "gmcourse.models.flow_matching.FlowMatching.forward",  # inside `loss` and solvers
    "gmcourse.models.flow_matching.matching_loss",  # a loss
    "gmcourse.nn.unet.Attention",  # layers of the U-Net
    "gmcourse.nn.unet.Block",
    "gmcourse.models.diffusion.Diffusion.forward",  # inside `loss` and samplers
    *(
        f"gmcourse.models.diffusion.{part}"  # one step of a chain
        for part in ["ddim_step", "denoised_and_noise", "posterior", "step_kl", "target", "transition"]
    ),
    "gmcourse.models.discriminative_vs_generative.",
    "gmcourse.models.gan.",
    "gmcourse.models.srflow.model",
    "gmcourse.models.srflow.regression",
    "gmcourse.models.srflow.steps",
    "gmcourse.models.stylegan2.",
    "gmcourse.models.stylegan2.Generator.mixed",  # a training step's own
    "gmcourse.models.vae.",
    "gmcourse.models.vae.Bernoulli.log_prob",  # inside the ELBO
    "gmcourse.models.vae.DiscretisedLogistic.log_prob",
    "gmcourse.models.vae.Gaussian.log_prob",
    "gmcourse.models.vae.VAE.kl",
    "gmcourse.models.vae.log_normal",  # broadcasts
    "gmcourse.models.vae.reparameterise",  # likewise
    "gmcourse.nn.resample.fir_kernel",  # takes nothing
    "gmcourse.nn.resample.resample",  # inside layers, at every step
    "gmcourse.nn.resample.upsample",
    "gmcourse.nn.resample.downsample",
    "gmcourse.nn.winograd.winograd_conv",  # inside layers, too
    "gmcourse.nn.winograd.same_conv",
    "gmcourse.nn.rrdb.upsampled",
    "gmcourse.nn.rrdb.RRDBEncoder.read",
    "gmcourse.precision",  # inside closed forms: test_precision.py
    "gmcourse.processes",
    "gmcourse.reproducible.mixed_seed",  # any numbers and words
    "gmcourse_recipes",
    "gmcourse.storage",
    "gmcourse.training.batches.batch_indices",  # in each step of `fit`, after `Batches` has looked
    "gmcourse.training.batches.rows_of",
    "gmcourse.training.ema.EMA.load_state_dict",
    "gmcourse.training.history.History.append",  # likewise, of numbers that were seen to be finite
    "gmcourse.training.last_good",
    "gmcourse.training.saved_run",
    "gmcourse.training.schedules.set_rates",
    "gmcourse.training.step.Minimize.load_state_dict",
    "gmcourse.training.step.average_gradients",
    "gmcourse.training.step.check_parts",
    "gmcourse.training.step.learned_by",
    "gmcourse.training.step.load_parts",
    "gmcourse.zoo.command",
    "gmcourse.zoo.convert",
    "gmcourse.zoo.published",
)


@dataclass(frozen=True)
class Row:
    name: str
    good: Callable[[], dict[str, Any]]
    on: Callable[[], Any] | None = None
    fine: Mapping[str, str] = field(default_factory=dict)
    bad: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    foreign: Mapping[str, str] = field(default_factory=dict)

    def target(self):
        if self.on is not None:
            return getattr(self.on(), self.name.rpartition(".")[2])
        imported(self.name)
        parts = self.name.split(".")  # the module, though a function may have its name in the package
        end = max(n for n in range(len(parts)) if ".".join(parts[:n]) in sys.modules)
        return functools.reduce(getattr, parts[end:], sys.modules[".".join(parts[:end])])

    def is_fine(self, argument, kind):
        """Whether a kind is no fault there; of a member "x[0]" it is enough that it is none of x."""
        return kind in self.fine.get(argument.split("[")[0], "").split()


ROWS: dict[str, Row] = {}


def row(name, good=dict, *, on=None, fine=None, bad=None, foreign=None):
    """Add a row; `name` without "gmcourse.", `on` gives the object whose method it is."""
    name = f"gmcourse.{name}"
    assert name not in ROWS, f"{name} has two rows"
    ROWS[name] = Row(name, good, on, fine or {}, bad or {}, foreign or {})


def imported(name):
    """Import the modules of a dotted name; the rest are attributes."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        try:
            importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            break
    return gmcourse


def public_names():
    """Every public function, class and method of the doors that takes an argument."""
    found = {}
    for info in pkgutil.walk_packages(gmcourse.__path__, "gmcourse."):
        if info.name.startswith((*PENDING, *INNER)):
            continue
        module = importlib.import_module(info.name)
        for name, thing in list(vars(module).items()):
            home = str(getattr(thing, "__module__", None))
            passed_on = info.ispkg and home.startswith(f"{info.name}.") and home.startswith(INNER)
            elsewhere = name.startswith("_") or (home != info.name and not passed_on)
            if not callable(thing) or elsewhere or getattr(thing, "_is_protocol", False):
                continue
            if inspect.isclass(thing) and issubclass(thing, Exception):
                continue
            found |= dict.fromkeys(_takers(f"{info.name}.{name}", thing))
    named = tuple(prefix for prefix in (*PENDING, *INNER) if not prefix.endswith("."))
    return [name for name in found if not name.startswith(named)]


def _takers(name, thing):
    if not inspect.isclass(thing):
        return [name] if _takes_something(thing) else []
    if issubclass(thing, BaseException):
        return []
    takers = [name] if not inspect.isabstract(thing) and _takes_something(thing) else []
    for method, code in vars(thing).items():
        code = getattr(code, "__func__", code)
        inner = _is_inner(thing, method, name)
        if not method.startswith("_") and inspect.isfunction(code) and not inner:
            takers += [f"{name}.{method}"] if _takes_something(code) and not _is_abstract(code) else []
    return takers


def _is_inner(thing, method, name):
    """Layers and losses, at which no GPU waits to have its values looked at."""
    if not issubclass(thing, torch.nn.Module):
        return False
    inner = ("loss", "code_loss", "unchecked_log_prob")
    return method in inner or issubclass(thing, Bijection) or (method == "forward" and ".nn." in name)


def _takes_something(code):
    if getattr(code, "__init__", None) is torch.nn.Module.__init__:
        return False
    return bool(set(inspect.signature(code).parameters) - {"self", "cls"})


def _is_abstract(code):
    return getattr(code, "__isabstractmethod__", False)


def variants(value, name):
    """Pairs (argument, kind, bad value) made of a good one."""
    yield name, "none", None
    if isinstance(value, Tensor):
        yield from ((name, kind, bad) for kind, bad in _of_tensor(value))
    elif isinstance(value, bool):
        yield from ((name, kind, bad) for kind, bad in (("text", "yes"), ("float", 0.5)))
    elif isinstance(value, int | float):
        nearby = [("float", value + 0.5)] if isinstance(value, int) else []
        bad = [*nearby, ("text", "3"), ("nan", float("nan")), ("inf", float("inf")), ("list", [value])]
        yield from ((name, kind, each) for kind, each in [*bad, ("negative", -1 - abs(value))])
    elif isinstance(value, str):
        yield from ((name, kind, bad) for kind, bad in (("unknown", "no such word"), ("number", 3)))
    elif isinstance(value, Mapping | list | tuple):
        yield name, "number", 3
        yield name, "empty", type(value)()
        if not isinstance(value, Mapping):
            yield name, "length", type(value)([*value, *value[-1:]])
        members = list(value.items()) if isinstance(value, Mapping) else list(enumerate(value))
        for key, member in members if isinstance(value, tuple) else members[:1]:
            for inner, kind, bad in variants(member, f"{name}[{key!r}]"):
                changed = dict(members) | {key: bad}
                yield inner, kind, changed if isinstance(value, Mapping) else type(value)(changed.values())
    else:
        yield name, "number", 3


def _of_tensor(x):
    yield "rank", x[None]
    if x.ndim:
        yield "rank", x[0]
        yield "shape", torch.cat([x, x], -1)
        yield "empty", x[:0]
    if x.ndim and len(x) > 1:
        yield "batch", x[:1]
    yield "dtype", x.long() if x.is_floating_point() else x.float()
    if x.is_floating_point():
        for kind in ("nan", "inf"):
            spoilt = x.detach().clone()
            spoilt.view(-1)[0] = float(kind)
            yield kind, spoilt
    yield "list", x.tolist()
    yield "numpy", x.detach().numpy()
    yield "device", x.to("meta")


@functools.cache
def outcomes(name):
    """What became of each wrong call of a row: (argument, kind, verdict, words)."""
    one = ROWS[name]
    target = one.target()
    parameters = inspect.signature(target).parameters
    target(**one.good())  # a good call must be one
    found = []
    for argument, value in one.good().items():
        optional = argument in parameters and parameters[argument].default is None
        tried = [each for each in variants(value, argument) if not one.is_fine(each[0], each[1])]
        tried = [each for each in tried if not (optional and each[:2] == (argument, "none"))]
        tried += [(argument, f"bad {i}", bad) for i, bad in enumerate(one.bad.get(argument, ()))]
        for place, kind, bad in tried:
            verdict, words = _heard(target, one.good() | {argument: bad})
            found.append((place, kind, verdict, words))
    return found


def _heard(target, arguments):
    try:
        target(**arguments)
    except ValueError as error:
        words = str(error)
        named = any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words) for name in arguments)
        return ("clear" if named and "expected" in words else "foreign"), words
    except Exception as error:
        return "foreign", f"{type(error).__name__}: {error}"
    return "silent", "an answer"


def in_dtype(value, dtype):
    """A value with its floating tensors, also those that it holds, in another dtype."""
    if isinstance(value, Tensor):
        return value.detach().to(dtype) if value.is_floating_point() else value
    if isinstance(value, Mapping):
        return {key: in_dtype(each, dtype) for key, each in value.items()}
    return type(value)(in_dtype(each, dtype) for each in value) if type(value) in (list, tuple) else value


def heard_of_dtypes(name):
    """What became of a good call one of whose arguments, or all, came in each of the other floating dtypes."""
    one, good = ROWS[name], ROWS[name].good()
    floating = [argument for argument in good if repr(in_dtype(good[argument], torch.half)) != repr(good[argument])]
    found = []
    for dtype in (torch.float16, torch.bfloat16, torch.float64):
        for changed in {(argument,) for argument in floating} | ({tuple(floating)} - {()}):
            good = one.good()
            call = good | {argument: in_dtype(good[argument], dtype) for argument in changed}
            found.append((changed, str(dtype), *_heard(one.target(), call)))
    return found


def functions_of(good):
    """Arguments that are a function, or hold one by name or in order."""
    inside = {
        name: list(each.values() if isinstance(each, Mapping) else each)
        for name, each in good.items()
        if isinstance(each, Mapping | list | tuple)
    }
    return [name for name, each in good.items() if any(map(_is_function, inside.get(name, [each])))]


def _is_function(value):
    return callable(value) and not isinstance(value, torch.nn.Module | type)


def heard_of_answer(one, argument, wrong):
    """What is said when a function that was given answers something wrong; None if it was not called."""
    asked = []

    def answer(*args, **kwargs):
        asked.append(args)
        return wrong

    target, arguments = one.target(), one.good()
    value = arguments[argument]
    if isinstance(value, Mapping):
        arguments[argument] = dict.fromkeys(value, answer)
    else:
        arguments[argument] = answer if _is_function(value) else type(value)([answer] * len(value))
    verdict, words = _heard(target, arguments)
    return f"{verdict}: {words}" if asked else None


def is_allowed(name, place, kind, verdict, words):
    """A clear refusal, or one in words of others where the row says that they will do."""
    foreign = ROWS[name].foreign.get(place.split("[")[0], "").split()
    return verdict == "clear" or (verdict == "foreign" and kind in foreign)


def shares():
    """How often each verdict was given over all rows."""
    return Counter(verdict for name in ROWS for _, _, verdict, _ in outcomes(name))
