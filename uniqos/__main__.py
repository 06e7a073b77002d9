"""``python -m uniqos``: the command line."""

from uniqos.cli import main

main()
