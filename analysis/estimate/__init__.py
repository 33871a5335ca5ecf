"""Estimates from patients: values in, areas, ratios and their errors out; knows no paper."""
