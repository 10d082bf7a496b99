"""What a manifest says of a trained model."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

FORMAT = 2
OPTIONAL = {"baselines", "seeds", "samples"}
KINDS: dict[str, Any] = {"str": str, "int": int, "float": int | float, "dict": dict, "list": list}


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
        kinds = {each.name: str(each.type) for each in fields(cls)}
        missing, unknown = sorted(set(kinds) - OPTIONAL - set(content)), sorted(set(content) - set(kinds))
        if missing or unknown:
            raise ValueError(f"missing fields {missing}, unknown fields {unknown}")
        for name, value in content.items():
            if not _is_a(kinds[name], value):
                raise ValueError(f"{name} is {value!r}; expected {kinds[name]}")
        return cls(**content)


def _is_a(kind: str, value: Any) -> bool:
    """Whether a value from JSON is of a kind that is written as an annotation, such as dict[str, float]."""
    outer, _, inner = kind.partition("[")
    if isinstance(value, bool) or not isinstance(value, KINDS[outer]):
        return False
    inner = inner.removesuffix("]").removeprefix("str, ")
    parts = value.values() if outer == "dict" else value if outer == "list" else ()
    return inner == "Any" or all(_is_a(inner, part) for part in parts)
