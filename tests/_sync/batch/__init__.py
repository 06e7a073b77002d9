# Generated from _async/batch/__init__.py by python -m uniqos._generate. Do not edit.
