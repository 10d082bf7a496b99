"""What a manifest says of a trained model."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """The birth certificate of a checkpoint.

    Attributes:
        name: what `zoo.load` calls it.
        model: the class, "gmcourse.models.vae:VAE".
        arguments: the keyword arguments that build it, JSON only.
        sha256: of the weights file; empty where the weights are too large to travel and only the log does.
        recipe: the name for `gmcourse train`.
        seed: of that run.
        steps: how many updates were made.
        data: what it was trained on, in words.
        hardware: where.
        hours: wall-clock hours of training.
        metrics: what was measured on held-out data, by name; the unit is part of the name.
        format: the number of this layout.
    """

    name: str
    model: str
    arguments: dict[str, Any]
    sha256: str
    recipe: str
    seed: int
    steps: int
    data: str
    hardware: str
    hours: float
    metrics: dict[str, float]
    format: int = FORMAT

    def to_json(self) -> str:
        """Indented JSON, so that a change shows as a change of lines."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """The reverse of `to_json`.

        Raises:
            ValueError: not JSON, a field missing or unknown, or another format number.
        """
        try:
            content = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"not JSON: {error}") from error
        if not isinstance(content, dict):
            raise ValueError(f"expected a JSON object, got {type(content).__name__}")
        if content.get("format") != FORMAT:
            raise ValueError(f"format is {content.get('format')!r}; this version of gmcourse reads {FORMAT}")
        wanted = {field.name for field in fields(cls)}
        if set(content) != wanted:
            missing, unknown = sorted(wanted - set(content)), sorted(set(content) - wanted)
            raise ValueError(f"missing fields {missing}, unknown fields {unknown}")
        return cls(**content)
