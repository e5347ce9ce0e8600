"""What `make` runs; run from the root, as in `python -m scripts.demo`."""
