# Generated from _async/transport/__init__.py by python -m uniqos._generate. Do not edit.
