"""Patches of the two photographs: real, the same every time, and train and test share no pixel."""

import pytest
import torch

from gmcourse.data import load, photos


@pytest.mark.parametrize(
    ("size", "learn", "measure", "band"),
    [
        (16, "train", "test", photos.BAND),
        (160, "train", "test", photos.BAND),
        (64, "fit", "test", photos.BAND),
        (16, "fit", "validation", photos.LEFT_OUT),
        (80, "fit", "validation", photos.LEFT_OUT),
    ],
)
def test_what_is_learnt_from_and_what_is_measured_on_share_no_pixel(size, learn, measure, band, monkeypatch):
    """On photographs whose pixels say in which column they are."""
    column = torch.arange(640).expand(427, 640)
    numbered = torch.stack([column % 256, column // 256, 0 * column]).byte().expand(2, 3, 427, 640)
    monkeypatch.setattr(photos, "originals", lambda: numbered)
    train, test = (
        {*(x[:, 0] + 256 * x[:, 1]).flatten().tolist()}
        for x in (photos.load(split, n=100, size=size, contrast=0).pixels.int() for split in (learn, measure))
    )
    assert not train & test
    assert test <= set(range(*band))


def covered(split):
    """Which columns the patches of a split may show."""
    columns = torch.zeros(640, dtype=torch.bool)
    for left in photos._lefts(split, 32, 640).tolist():
        columns[left : left + 32] = True
    return columns


def test_every_place_of_a_split_is_used_and_no_other():
    start, stop = photos.BAND
    train, test = covered("train"), covered("test")
    assert not (train & test).any()
    assert (train | test).all()
    assert int(test.sum()) == stop - start


def test_fit_and_validation_are_the_training_set_in_two_parts():
    fit, validation = covered("fit"), covered("validation")
    assert not (fit & validation).any()
    assert torch.equal(fit | validation, covered("train"))


def test_they_are_the_same_every_time_and_carry_their_photograph():
    first = load("photos", n=40, size=24)
    torch.manual_seed(5)
    again = load("photos", n=40, size=24)
    assert torch.equal(first.pixels, again.pixels)
    assert first.shape == (3, 24, 24)
    assert torch.bincount(first.labels).tolist() == [20, 20]
    assert (first.names, first.grey_levels) == (("china", "flower"), 256)
    assert (len(load("photos")), len(load("photos", "test"))) == (4000, 500)


def test_flat_patches_are_passed_over_unless_they_are_wanted():
    spread = load("photos", n=200).pixels.float().mean(1).flatten(1).std(1)
    assert spread.min() >= 255 * 0.05
    every = load("photos", n=200, contrast=0).pixels.float().mean(1).flatten(1).std(1)
    assert 0.3 < float((every < 255 * 0.05).double().mean()) < 0.7


def test_they_are_photographs_and_the_right_way_round():
    china, flower = photos.originals().float()
    assert china.shape == (3, 427, 640)
    # sky above, dark trees and water below; the flower is red before green
    assert china[:, :100].mean() > 1.3 * china[:, -100:].mean()
    centre = flower[:, 150:280, 250:390].mean((1, 2))
    assert centre[0] > 1.5 * centre[2]
    # a neighbour in a photograph is nearly the same
    assert (china[:, :, 1:] - china[:, :, :-1]).abs().mean() < 15


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0}, "n is 0"),
        ({"size": 2}, "size is 2"),
        ({"size": 161}, "expected a whole number ≥ 4 and ≤ 160"),
        ({"n": 1, "contrast": 0.6}, "contrast is 0.6"),
    ],
)
def test_bad_input(options, message):
    with pytest.raises(ValueError, match=message):
        load("photos", **options)
    with pytest.raises(ValueError, match="'dev'"):
        photos.load("dev")
    with pytest.raises(ValueError, match="≤ 80"):
        photos.load("validation", size=81)


def test_the_photographs_are_those_of_scikit_learn():
    from sklearn.datasets import load_sample_images

    bunch = load_sample_images()
    theirs = dict(
        zip((str(name).replace("\\", "/").split("/")[-1] for name in bunch.filenames), bunch.images, strict=True)
    )
    for ours, name in zip(photos.originals(), photos.NAMES, strict=True):
        assert torch.equal(ours, torch.tensor(theirs[f"{name}.jpg"]).permute(2, 0, 1))
