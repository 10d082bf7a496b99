"""What is done with trained models in the repository: training, publishing, and all that depends on them."""
