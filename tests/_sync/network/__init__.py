# Generated from _async/network/__init__.py by python -m uniqos._generate. Do not edit.
