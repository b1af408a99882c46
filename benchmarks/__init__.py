"""Measurements beside real peers, in one run on one machine; figures are ratios."""
