"""Chapter 11: models that write one number at a time, each given those before it."""

from gmcourse.models.autoregressive.made import MADE
from gmcourse.models.autoregressive.model import Autoregressive
from gmcourse.models.autoregressive.pixelcnn import PixelCNN
from gmcourse.models.autoregressive.transformer import Transformer
