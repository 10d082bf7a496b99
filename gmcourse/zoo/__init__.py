"""Trained models that travel with the package, and those of one's own: `load(name)` gives one, ready to use.

Each model is a safetensors file and a manifest beside it. The manifest says how the model is built, what trained
it, on what, for how long, and what it scored. No pickle, no network. The package's own models are in `weights/`,
which nothing but the repository's tools writes; `gmcourse train` writes into `own_folder()`, and `own=True` reads
from there.
"""

from gmcourse.zoo.cheap import baselines, best_baseline
from gmcourse.zoo.manifests import Manifest
from gmcourse.zoo.store import load, log, manifest, names, own_folder, save, where
