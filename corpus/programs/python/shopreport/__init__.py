"""Reads shop events, resolves and prices them, and renders one report per shop and day."""
