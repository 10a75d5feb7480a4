"""A figure as a page that plays the forward pass and the backward pass, step by step."""
