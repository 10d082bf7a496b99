"""Each treatment of lesson 01's training sets changes what its name says, and nothing else."""

import pytest
import torch

from gmcourse.densities import Normal
from gmcourse_recipes import smile_by_skin as recipe


@pytest.fixture
def treated(monkeypatch):
    """The first pixel says whose skin is deep, the second who smiles; one face in ten is deep."""
    draws = torch.Generator().manual_seed(0)
    x = torch.rand(300, 768, generator=draws)
    deep, y = (torch.rand(300, generator=draws) < 0.1).long(), torch.arange(300) % 2
    x[:, 0], x[:, 1] = deep.float(), y.float()
    monkeypatch.setattr(recipe, "SEEDS", 1)
    monkeypatch.setattr(recipe, "MORE", 40)
    monkeypatch.setattr(recipe, "people", lambda split, n: (x, y, deep))
    return recipe.treated(0)


def test_treatments(treated):
    x = treated["as it is"][0]
    assert list(treated) == list(recipe.NAMES)
    for name, (pictures, labels) in treated.items():
        assert len(pictures) == len(labels) == (300 if "resampled" in name or name == "as it is" else 340)
        if len(labels) == 340:
            assert torch.equal(pictures[:300], x)
            assert pictures[300:].min() >= 0
            assert pictures[300:].max() <= 1
        else:
            assert torch.equal(pictures[:, 1].long(), labels), "a face keeps its label"
    assert 0.4 < treated["resampled by group"][0][:, 0].mean() < 0.6
    codes = recipe.principal(x, 3)
    log_p = Normal.fit(codes).log_prob(codes)
    rows = torch.cdist(treated["resampled by density"][0], x).argmin(1)
    assert log_p[rows].mean() < log_p.mean() - 0.5, "the unusual come more often"
    lighter, deeper = (treated[f"new {group} faces"][0][300:].mean() for group in recipe.GROUPS)
    assert deeper < lighter - 0.05
