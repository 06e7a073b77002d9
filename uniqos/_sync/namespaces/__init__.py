# Generated from _async/namespaces/__init__.py by python -m uniqos._generate. Do not edit.
"""The methods of the client, sorted by the namespaces of the API."""
