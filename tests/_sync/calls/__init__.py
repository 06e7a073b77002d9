# Generated from _async/calls/__init__.py by python -m uniqos._generate. Do not edit.
