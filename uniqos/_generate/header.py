"""The first line of each generated file."""

HEADER = "# Generated from {} by python -m uniqos._generate. Do not edit.\n"
