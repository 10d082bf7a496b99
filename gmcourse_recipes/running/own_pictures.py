"""A recipe turned to pictures of one's own: the same model, trained in the same way, from another folder."""

import re
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from gmcourse import expect
from gmcourse.console import visible
from gmcourse.data import Images, load
from gmcourse_recipes.running.recipe import Recipe, find, names

LEAST = 200  # pictures, held out ones included; a model of fewer learns them by heart


def with_folder(recipe: Recipe, root: str | Path) -> Recipe:
    """The recipe for the pictures of a folder, see `gmcourse.data.folder.load`, of the size that its model has.

    A fifth of the pictures is held out and measured on. The recipe's new name ends with that of the folder. A recipe
    that takes no pictures of one's own is refused, and so is a folder with fewer than 200.
    """
    if not recipe.pictures:
        able = ", ".join(name for name in names() if find(name).pictures)
        expect.refuse("the recipe", recipe.name, f"one that takes pictures of one's own: {able}")
    channels, size, _ = recipe.arguments["shape"]

    @cache
    def pictures(split: str) -> Images:
        return load("folder", split, root=root, size=size, grey=channels == 1)

    seen, held_out = (len(pictures(split)) for split in ("train", "test"))
    folder = expect.path("root", root).resolve()
    if seen + held_out < LEAST:
        expect.refuse("the folder", f"{visible(str(folder))} with {seen + held_out} pictures", f"at least {LEAST}")
    ending = re.sub(r"[^A-Za-z0-9]+", "_", folder.name).strip("_")[:40] or "pictures"
    return replace(
        recipe,
        name=f"{recipe.name.removesuffix('_faces')}_{ending}",
        made_by=f"{recipe.name} --data folder=PATH",
        data=partial(recipe.data, pictures=pictures),
        measure=partial(recipe.measure, pictures=pictures),
        described=f"{seen} pictures of {size}×{size} pixels from {visible(str(folder))}, {held_out} more held out",
        ship=True,
    )
