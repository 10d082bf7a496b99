"""AUROC against its definition and scikit-learn."""

import pytest
import torch

from gmcourse.metrics.likelihood import auroc


def test_it_is_the_share_of_pairs_in_the_right_order():
    g = torch.Generator().manual_seed(0)
    higher = torch.randint(8, (30,), generator=g).double() + 1
    lower = torch.randint(8, (40,), generator=g).double()
    pairs = (higher[:, None] > lower).double() + 0.5 * (higher[:, None] == lower)
    assert auroc(higher, lower) == pytest.approx(float(pairs.mean()))
    from sklearn.metrics import roc_auc_score

    truth = torch.cat([torch.ones(30), torch.zeros(40)])
    assert auroc(higher, lower) == pytest.approx(roc_auc_score(truth, torch.cat([higher, lower])))


def test_ends():
    assert auroc(torch.ones(3), torch.zeros(2)) == 1.0
    assert auroc(torch.zeros(3), torch.ones(2)) == 0.0
    assert auroc(torch.ones(3), torch.ones(2)) == 0.5
    assert auroc(torch.zeros(1), torch.tensor([float("-inf")])) == 1.0
