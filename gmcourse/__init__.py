"""gmcourse: the package behind the course on deep generative models; what is slow to import waits for its use."""

__version__ = "0.2.0"
