# Generated from _async/streams/__init__.py by python -m uniqos._generate. Do not edit.
