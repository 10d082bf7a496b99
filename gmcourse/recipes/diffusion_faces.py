"""A diffusion model of cartoon faces with the network, data and budget of `flow_matching_faces`."""

from dataclasses import replace
from functools import partial

from gmcourse.recipes import flow_matching_faces
from gmcourse.recipes.running import Recipe
from gmcourse.recipes.running.adam import adam

WAYS: list[flow_matching_faces.Way] = [
    (f"{sampler}_{steps}", {"sampler": sampler, "steps": steps})
    for sampler, some in (("ddim", (2, 4, 8, 16, 32, 64)), ("small", (16, 64)))
    for steps in some
]

RECIPE: Recipe = replace(
    flow_matching_faces.RECIPE,
    name="diffusion_faces",
    model="gmcourse.models.diffusion:Diffusion",
    arguments={"shape": [3, 32, 32], "network": "unet", "width": 32, "predicts": "v"},
    step=adam(2e-3, lambda module: lambda x: module.loss(x / 127.5 - 1), average=0.999, clip=1.0),
    measure=partial(flow_matching_faces.measure, ways=WAYS),
)
