"""Published weights → our models: a state dict of tensors in, a model out. Files are the reader's business."""
