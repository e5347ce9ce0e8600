"""What a plan means to a reviewer: what weakens protection, and by which rule."""
