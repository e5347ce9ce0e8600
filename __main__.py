"""`pulumi up` in the clone's root: the quickstart.

Not by `main: examples/quickstart` in Pulumi.yaml: the engine looks for the virtual environment of a program below
the root, and for that of its dynamic providers below `main`.
"""

import runpy

runpy.run_path("examples/quickstart/__main__.py")
