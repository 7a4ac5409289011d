"""Measurements, never tests: each run prints ratios against a bare framework echo measured in the same run."""
