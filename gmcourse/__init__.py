"""gmcourse: the readable, tested PyTorch package behind the course on deep generative models.

Importing it is cheap: neither matplotlib nor torchvision is loaded until something needs them.
"""

__version__ = "0.2.0"
