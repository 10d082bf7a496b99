"""Faces: what the renderer promises, who is in a set, and what can be read back."""

import pytest
import torch

from gmcourse.data import faces, load
from gmcourse.data.faces import detail as noise
from gmcourse.data.faces.canvas import Canvas
from gmcourse.data.faces.face import Face
from gmcourse.reproducible import generator

LOW, HIGH = faces.bounds()


def moved(name, share, face=None):
    """A face with one attribute at this share of its range."""
    face = faces.middle() if face is None else face.clone()
    place = faces.column(name)
    face[:, place] = LOW[place] + share * (HIGH[place] - LOW[place])
    return face


# pictures


@pytest.mark.parametrize("size", [16, 31, 64, 128])
@pytest.mark.parametrize("detail", [None, torch.arange(3)])
def test_pictures_of_any_size(size, detail):
    picture = faces.render(faces.sample(3), size, detail=detail)
    assert picture.shape == (3, 3, size, size)
    assert picture.isfinite().all()
    assert 0 <= picture.min() < 0.3
    assert 0.7 < picture.max() <= 1


def test_a_picture_depends_on_nothing_but_its_attributes_and_its_seed():
    people, seeds = faces.sample(70), torch.arange(70) + 2**41
    torch.manual_seed(5)
    whole = faces.render(people, 32, detail=seeds)
    torch.manual_seed(6)
    torch.testing.assert_close(faces.render(people[33:34], 32, detail=seeds[33:34]), whole[33:34], atol=1e-6, rtol=0)
    other = faces.render(people, 32, detail=seeds + 1)
    assert (other - whole).abs().flatten(1).max(1).values.min() > 0.02


def test_gradient_or_none_the_picture_is_the_same():
    people, seeds = faces.sample(4), torch.arange(4)
    with torch.no_grad():
        fast = faces.render(people, 32, detail=seeds)
    slow = faces.render(people.clone().requires_grad_(), 32, detail=seeds)
    torch.testing.assert_close(fast, slow.detach(), atol=1e-6, rtol=0)


@pytest.mark.parametrize("seeds", [None, torch.arange(16)])
def test_rounding_hardly_matters_so_devices_agree(seeds):
    people = faces.sample(16)
    single, double = faces.render(people, 32, detail=seeds), faces.render(people.double(), 32, detail=seeds)
    assert (single - double).abs().max() < 1e-4


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU here")
def test_a_gpu_draws_the_same():
    people, seeds = faces.sample(256), torch.arange(256)
    there = faces.render(people.cuda(), 32, detail=seeds.cuda()).cpu()
    assert (there - faces.render(people, 32, detail=seeds)).abs().max() < 1e-4


@pytest.mark.parametrize("name", faces.NAMES)
def test_every_attribute_is_seen_and_moves_the_picture_smoothly(name):
    face = torch.cat([moved(name, share / 40) for share in range(41)])
    pictures = faces.render(face, 32)
    whole = (pictures[-1] - pictures[0]).abs().mean()
    assert whole > 1e-3  # the ends differ
    steps = (pictures[1:] - pictures[:-1]).square().mean((1, 2, 3)).sqrt()
    assert steps.max() < 0.1 * steps.sum()  # and nothing jumps on the way


def changed(name):
    """Which pixels an attribute can change on the middle face, (64, 64)."""
    pictures = faces.render(torch.cat([moved(name, 0.0), moved(name, 1.0)]), 64)
    return (pictures[0] - pictures[1]).abs().amax(0) > 0.02


def test_attributes_keep_to_their_own_part():
    rows = {name: changed(name).any(1).nonzero().flatten() for name in faces.NAMES}
    assert rows["mouth_open"].min() > 36
    assert rows["eye_narrowness"].max() < rows["mouth_open"].min()
    assert rows["brows"].max() < 30
    assert rows["clothes"].min() > rows["moustache"].max()
    assert changed("background")[0].all()
    assert not changed("background")[20:50, 26:38].any()  # nothing of the face


def test_yaw_and_light_are_mirror_images_where_the_hair_is_not():
    for name in ("yaw", "light"):
        left, right = faces.render(torch.cat([moved(name, 0.0), moved(name, 1.0)]), 64)
        mouth = slice(38, 54)
        assert (left[:, mouth] - right[:, mouth].flip(2)).abs().mean() < 0.5 * (left - right)[:, mouth].abs().mean()


@pytest.mark.parametrize("seeds", [None, torch.arange(4)])
def test_gradients_are_finite_everywhere_even_at_the_ends_of_the_ranges(seeds):
    people = torch.cat([faces.sample(1), faces.middle(), LOW[None], HIGH[None]]).requires_grad_()
    faces.render(people, 32, detail=seeds).square().sum().backward()
    assert people.grad.isfinite().all()


def test_gradients_are_the_slopes():
    face = faces.sample(1, distribution="uniform", seed=3).double().requires_grad_()
    weights = torch.randn(3, 32, 32, generator=generator(0), dtype=torch.float64)
    (slope,) = torch.autograd.grad((faces.render(face, 32)[0] * weights).sum(), face)
    step = 1e-6 * torch.eye(18, dtype=torch.float64)
    with torch.no_grad():
        up, down = faces.render(face + step, 32), faces.render(face - step, 32)
    torch.testing.assert_close(slope[0], ((up - down) * weights).sum((1, 2, 3)) / 2e-6, rtol=1e-3, atol=1e-3)


def test_a_window_holds_its_part_however_far_the_head_leans():
    head = faces.middle(2)
    head[:, faces.column("tilt")] = torch.tensor([-1.0, 1.0])
    canvas = Canvas(2, 64, head[:, faces.column("tilt")].view(-1, 1, 1))
    window, whole = canvas.head_window(-0.52, 0.52, -0.62, 0.64), canvas.head_window(-3, 3, -3, 3)
    face = Face(head, None)
    inside = int((face.outline(window.x, window.y) < 0).sum())
    assert inside == int((face.outline(whole.x, whole.y) < 0).sum()) > 0


def test_no_face_is_no_picture():
    face = faces.middle()
    assert faces.render(face[:0], 16).shape == (0, 3, 16, 16)


def test_names_and_middles():
    assert faces.NAMES[faces.column("yaw")] == "yaw"
    assert faces.middle(2)[:, [faces.column("glasses"), faces.column("moustache")]].eq(0).all()


# noise


def test_hashes_are_uniform_and_unrelated():
    numbers = noise.uniform(torch.arange(4000), 8).double()
    assert abs(float(numbers.mean()) - 0.5) < 0.01
    assert abs(float(numbers.var()) - 1 / 12) < 0.002
    assert (torch.corrcoef(numbers.T) - torch.eye(8)).abs().max() < 0.06
    assert noise.hashed(torch.tensor([1, 1 + 2**32]), torch.tensor(0)).unique().numel() == 2  # high bits count
    grain = noise.near_normal(torch.arange(50), (3, 16, 16)).double()
    assert abs(float(grain.mean())) < 0.02
    assert abs(float(grain.var()) - 1) < 0.03


# who is there


def test_distributions():
    for name in faces.DISTRIBUTIONS:
        people = faces.sample(5000, distribution=name)
        assert people.shape == (5000, 18)
        assert people.dtype == torch.float32
        assert ((people >= LOW) & (people <= HIGH)).all()
        assert torch.equal(people, faces.sample(5000, distribution=name))
        assert not torch.equal(people, faces.sample(5000, distribution=name, seed=1))
    column = faces.column
    natural, uniform = faces.sample(5000), faces.sample(5000, distribution="uniform")
    skewed = faces.sample(5000, distribution="skewed")

    def correlation(people, first, second):
        return float(torch.corrcoef(people[:, [column(first), column(second)]].T)[0, 1])

    assert 0.25 < float((natural[:, column("glasses")] > 0).float().mean()) < 0.40
    assert correlation(natural, "skin", "hair_color") < -0.3
    assert correlation(natural, "smile", "mouth_open") > 0.1
    assert (torch.corrcoef(uniform.T) - torch.eye(18)).abs().max() < 0.06
    assert 0.03 < float((skewed[:, column("skin")] > 0.6).float().mean()) < 0.07
    assert 0.03 < float((skewed[:, column("glasses")] > 0).float().mean()) < 0.05


def test_sets():
    train, test = load("faces", n=1100), load("faces", "test", n=100)
    assert (len(train), train.shape, train.grey_levels, train.names) == (1100, (3, 32, 32), 256, faces.NAMES)
    assert train.labels.shape == (1100, 18)
    assert torch.equal(train.pixels[:64], load("faces", n=64).pixels)  # a beginning of it
    assert not (torch.cdist(test.labels, train.labels) < 1e-3).any()
    drawn = faces.render(test.labels[:8], 32, detail=torch.arange(8) + (1 << 40))
    assert (drawn - test.unit()[:8]).abs().max() < 0.51 / 255
    clean = load("faces", "test", n=8, detail=False, size=16)
    assert clean.shape == (3, 16, 16)
    assert torch.equal(clean.labels, test.labels[:8])


# read back


@pytest.mark.slow
def test_a_clean_face_is_found_and_noise_is_no_face():
    people = faces.sample(1, seed=9)
    found, residual = faces.fit(faces.render(people, 32), steps=60)
    assert residual.max() < 0.01
    error = ((found - people) / (HIGH - LOW)).abs()
    seen = [faces.column(name) for name in ("skin", "hair_length", "yaw", "tilt", "clothes", "background", "light")]
    assert error[:, seen].max() < 0.05
    assert error.mean() < 0.05
    assert ((found >= LOW) & (found <= HIGH)).all()
    _, residual = faces.fit(torch.rand(1, 3, 32, 32, generator=generator(0)), steps=10)
    assert residual.item() > 0.2
