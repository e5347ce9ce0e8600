"""The way into Python programs: resources, look-ups and dynamic providers."""
