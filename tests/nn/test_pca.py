"""PCA against scikit-learn, and angles that are known."""

import torch

from gmcourse.nn.pca import PCA, principal_angles


def test_pca_agrees_with_scikit_learn():
    from sklearn import decomposition

    x = torch.randn(40, 6, dtype=torch.float64) @ torch.randn(6, 6, dtype=torch.float64)
    ours, theirs = PCA.fit(x, 3), decomposition.PCA(3).fit(x.numpy())
    assert torch.allclose(ours.variances * 40 / 39, torch.as_tensor(theirs.explained_variance_))
    back = torch.as_tensor(theirs.inverse_transform(theirs.transform(x.numpy())))
    assert torch.allclose(ours.decode(ours.encode(x)), back)


def test_known_angles():
    a = torch.eye(4, dtype=torch.float64)[:, :2]
    turned = a.clone()
    turned[:, 1] = torch.tensor([0, 0.6, 0.8, 0])
    angles = principal_angles(a, turned)
    assert torch.allclose(angles, torch.tensor([0, 0.8], dtype=torch.float64).asin())
    mixed = a @ torch.randn(2, 2, dtype=torch.float64)
    assert principal_angles(a, mixed).max() < 1e-14
    tiny = a + 1e-9 * torch.ones(4, 2)
    assert 1e-10 < principal_angles(a, tiny).max() < 1e-8
