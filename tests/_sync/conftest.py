# Generated from _async/conftest.py by python -m uniqos._generate. Do not edit.
from __future__ import annotations
