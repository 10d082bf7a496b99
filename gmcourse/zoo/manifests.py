"""What a manifest says of a trained model."""

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from gmcourse import expect

FORMAT = 2
OPTIONAL = {"samples", "baselines", "seeds"}  # left out where they say nothing


@dataclass(frozen=True)
class Manifest:
    """The birth certificate of a checkpoint.

    Attributes:
        model: the class, "gmcourse.models.vae:VAE".
        arguments: the keyword arguments that build it, JSON only.
        hours: how long the training took on the clock.
        metrics: what was measured on held-out data, by name; the unit is part of the name.
        sha256: the hash of the weights file, which `zoo.save` writes; empty where the weights are too large to
            travel and only the log does.
        samples: the name of a picture of samples that lies beside the manifest, if there is one.
        baselines: what the cheap models score on the same data, {"full normal": {metric: number}}.
        seeds: the seeds of all runs whose spread was looked at, if there were several.
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
    samples: str = ""
    baselines: dict[str, dict[str, float]] = field(default_factory=dict)
    seeds: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        counted = {"seed": ">= 0", "steps": ">= 0", "hours": ">= 0", "seeds": "empty >= 0"}
        expect.fields(self, arguments="empty", metrics="empty unseen", baselines="empty unseen", **counted)

    def to_json(self) -> str:
        """Indented JSON, so that a change shows as a change of lines."""
        content = {key: value for key, value in asdict(self).items() if value or key not in OPTIONAL}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    @expect.door()
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        try:
            content = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"text is not JSON ({error}); expected what Manifest.to_json writes") from error
        if not isinstance(content, dict):
            raise ValueError(f"text is JSON of a {type(content).__name__}; expected a JSON object")
        if content.get("format") != FORMAT:
            expect.refuse("format", repr(content.get("format")), f"{FORMAT} in this version of gmcourse")
        known = {each.name for each in fields(cls)}
        missing, unknown = sorted(known - OPTIONAL - set(content)), sorted(set(content) - known)
        if missing or unknown:
            raise ValueError(f"missing fields {missing}, unknown fields {unknown}")
        return cls(**content)
