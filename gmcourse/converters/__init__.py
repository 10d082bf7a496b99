"""Published weights → our models: a state dict of tensors in, a model out; `files` opens checkpoints safely."""
