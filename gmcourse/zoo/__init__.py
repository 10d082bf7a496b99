"""Trained models that travel with the package, and those of one's own: `load(name)` gives one, ready to use.

Each is a safetensors file and a manifest, which says how the model is built, what trained it, on what, for how long,
and what it scored. The package's own are in `weights/`, which only the repository's tools write; `gmcourse train`
writes into `own_folder()`, and `own=True` reads from there.
"""

from gmcourse.zoo.cheap import baselines, best_baseline
from gmcourse.zoo.manifests import Manifest
from gmcourse.zoo.store import load, log, manifest, names, own_folder, save, where
