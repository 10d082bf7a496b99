"""Trained models that travel with the package: `load(name)` gives one, ready to use.

Each model is a safetensors file and a manifest beside it, in `weights/`. The manifest says how the model is
built, what trained it, on what, for how long, and what it scored. No pickle, no network.
"""

from gmcourse.zoo.manifest import Manifest
from gmcourse.zoo.store import load, log, manifest, names, save

__all__ = ["Manifest", "load", "log", "manifest", "names", "save"]
