"""``python -m bordermap``."""

from bordermap.cli import main

main(prog_name="bordermap")
