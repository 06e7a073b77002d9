# Generated from _async/sandbox/__init__.py by python -m uniqos._generate. Do not edit.
