"""What a manifest says of a trained model."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any

FORMAT = 2


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_numbers(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_number, value.values()))


@dataclass(frozen=True)
class Manifest:
    """The birth certificate of a checkpoint. The last three may be left out.

    Attributes:
        name: what `zoo.load` calls it.
        model: the class, "gmcourse.models.vae:VAE".
        arguments: the keyword arguments that build it, JSON only.
        recipe: the name for `gmcourse train`.
        seed: of that run.
        steps: how many updates were made.
        data: what it was trained on, in words.
        hardware: where.
        hours: wall-clock hours of training.
        metrics: what was measured on held-out data, by name; the unit is part of the name.
        sha256: of the weights file; empty where the weights are too large to travel and only the log does.
            `zoo.save` writes it.
        format: the number of this layout.
        baselines: what cheap models score on the same data: {"full-covariance normal": {metric: number}}.
        seeds: those of all runs whose spread was looked at.
        samples: the name of a picture of samples that lies beside the manifest.
    """

    name: str
    model: str
    arguments: dict[str, Any]
    recipe: str
    seed: int
    steps: int
    data: str
    hardware: str
    hours: float
    metrics: dict[str, float]
    sha256: str = ""
    format: int = FORMAT
    baselines: dict[str, dict[str, float]] = field(default_factory=dict)
    seeds: list[int] = field(default_factory=list)
    samples: str = ""

    def to_json(self) -> str:
        """Indented JSON, so that a change shows as a change of lines; optional fields where they say something."""
        content = {key: value for key, value in asdict(self).items() if value or key not in OPTIONAL}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """The reverse of `to_json`.

        Raises:
            ValueError: not JSON, a field missing, unknown or of another type, or another format number.
        """
        try:
            content = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"not JSON: {error}") from error
        if not isinstance(content, dict):
            raise ValueError(f"expected a JSON object, got {type(content).__name__}")
        if content.get("format") != FORMAT:
            raise ValueError(f"format is {content.get('format')!r}; this version of gmcourse reads {FORMAT}")
        missing, unknown = sorted(set(KINDS) - OPTIONAL - set(content)), sorted(set(content) - set(KINDS))
        if missing or unknown:
            raise ValueError(f"missing fields {missing}, unknown fields {unknown}")
        for name, value in content.items():
            if not KINDS[name](value):
                wanted = next(each.type for each in fields(cls) if each.name == name)
                raise ValueError(f"{name} is {value!r}; expected {wanted}")
        return cls(**content)


def _of(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind) and not isinstance(value, bool)


KINDS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("name", "model", "recipe", "data", "hardware", "samples"), _of(str)),
    **dict.fromkeys(("seed", "steps", "format"), _of(int)),
    "sha256": lambda value: isinstance(value, str) and len(value) in (0, 64),
    "arguments": _of(dict),
    "hours": _is_number,
    "metrics": _are_numbers,
    "baselines": lambda value: isinstance(value, dict) and all(map(_are_numbers, value.values())),
    "seeds": lambda value: isinstance(value, list) and all(map(_of(int), value)),
}
OPTIONAL = {each.name for each in fields(Manifest) if each.default_factory is not MISSING} | {"samples"}
