"""Callers' lists and closures as operators use them: the numbering plans of countries, the desk's requests, the command line, CSV files."""
