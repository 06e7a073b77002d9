"""The generator of all that is derived: run ``python -m uniqos._generate [--check]``."""
