# Generated from _async/namespaces/__init__.py by python -m uniqos._generate. Do not edit.
