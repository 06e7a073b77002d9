# Generated from _async/__init__.py by python -m uniqos._generate. Do not edit.
