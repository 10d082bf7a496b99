"""What can be said about a face: eighteen numbers, each with a range and a meaning at both ends."""

import torch
from torch import Tensor

from gmcourse import expect

# of each attribute the smallest and the largest value, and what they look like
ATTRIBUTES: dict[str, tuple[int, int]] = {
    "smile": (0, 1),  # corners of the mouth down … corners far up
    "mouth_open": (0, 1),  # lips closed … open, with teeth and tongue
    "skin": (0, 1),  # pale … deep brown
    "hair_color": (0, 1),  # black … blond, by way of brown and red
    "hair_length": (0, 1),  # cropped … over the shoulders
    "hair_volume": (0, 1),  # flat … full and curly
    "eye_narrowness": (0, 1),  # wide open … nearly shut
    "brows": (0, 1),  # low and stern … raised
    "glasses": (0, 1),  # none … thick dark frames
    "moustache": (0, 1),  # none … a large one
    "age": (0, 1),  # young … old: lines, grey hair
    "face_shape": (0, 1),  # round … long
    "yaw": (-1, 1),  # turned to the left edge … turned to the right edge
    "tilt": (-1, 1),  # leaning to the left edge … leaning to the right edge
    "clothes": (0, 1),  # mustard … cream, by way of red, blue and green
    "background": (0, 1),  # deep teal … plum, by way of sage, sand and coral
    "light": (-1, 1),  # from the left edge … from the right edge
    "warmth": (0, 1),  # cool daylight … warm evening light
}
NAMES = tuple(ATTRIBUTES)

TOLERANCE = 1e-4  # a value may leave its range by what float32 arithmetic does to it


def column(name: str) -> int:
    """Find where an attribute stands in a row of `NAMES`."""
    return NAMES.index(expect.one_of("name", name, NAMES))


@expect.door()
def bounds(device: str | torch.device = "cpu") -> tuple[Tensor, Tensor]:
    """Return the smallest and the largest value of each attribute, two tensors of shape (A,)."""
    low, high = torch.tensor([*ATTRIBUTES.values()], dtype=torch.float32, device=device).T.contiguous()
    return low, high


@expect.door(n=">= 1")
def middle(n: int = 1) -> Tensor:
    """Repeat the face in the middle of every range, but without glasses and moustache, n times: (n, A) float32."""
    low, high = bounds()
    face = (low + high) / 2
    face[column("glasses")] = face[column("moustache")] = 0.0
    return face.repeat(n, 1)


@expect.door(attributes=f"N {len(NAMES)}; full")
def share_of_range(attributes: Tensor) -> Tensor:
    """Map the range of each of the attributes (N, A) to [0, 1]."""
    low, high = bounds(attributes.device)
    return (attributes - low) / (high - low)


def check_attributes(attributes: Tensor) -> None:
    """Refuse what is not a batch of attribute rows (B, A) within their ranges."""
    expect.tensor("attributes", attributes, f"B {len(NAMES)}", dtype="full", filled=False)
    if len(attributes) == 0:
        return
    low, high = (bound.to(attributes) for bound in bounds())
    values = attributes.detach()
    outside = ~((values >= low - TOLERANCE) & (values <= high + TOLERANCE))  # NaN counts as outside
    if bool(outside.any()):
        row, place = outside.nonzero()[0].tolist()
        name, (least, most) = NAMES[place], ATTRIBUTES[NAMES[place]]
        wanted = f"{least} … {most}. Clamp the attributes to faces.bounds() first."
        expect.refuse(f"{name} in attributes of face {row}", f"{float(values[row, place]):.4g}", wanted)
