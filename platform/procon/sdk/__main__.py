"""`python -m procon.sdk`: the public names, one a line."""

import sys

from procon import sdk

sys.stdout.write("\n".join(sorted(sdk.__all__)) + "\n")
