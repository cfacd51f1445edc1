"""The few statistics of the tables."""

from math import exp, log, sqrt
from statistics import NormalDist

Z = NormalDist().inv_cdf(0.975)


def wilson(found: int, of: int) -> tuple[float, float]:
    """Wilson's interval of 95 % for a share (1927)."""
    if of == 0:
        return 0.0, 1.0
    p = found / of
    middle = p + Z * Z / (2 * of)
    half = Z * sqrt(p * (1 - p) / of + Z * Z / (4 * of * of))
    scale = 1 + Z * Z / of
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def paired_difference(only_one: int, only_other: int, of: int) -> tuple[float, float, float]:
    """Difference of two shares of the same trials, with the 95 % interval of Agresti and Min (2005): 1/2 in each of the four cells."""
    n = of + 2
    difference = (only_one - only_other) / n
    error = sqrt((only_one + only_other + 1) - (only_one - only_other) ** 2 / n) / n
    return (only_one - only_other) / of if of else 0.0, difference - Z * error, difference + Z * error


def detectable_at(share: float, detectable: dict) -> float:
    """Between the two that are printed, and beyond them up to 40 %, along a power of the share. Percent of the whole."""
    power = log(detectable["share_10"] / detectable["share_1"]) / log(10)
    return detectable["share_1"] * exp(power * log(min(max(share, 0.01), 0.4) / 0.01))
