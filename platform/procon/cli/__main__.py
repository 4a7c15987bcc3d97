"""`python -m procon.cli`."""

from procon.cli import main

main()
