"""The few statistics of the judges' tables."""

from math import exp, log, sqrt
from statistics import NormalDist

Z = NormalDist().inv_cdf(0.975)


def wilson(found: int, of: int) -> tuple[float, float]:
    """Wilson's interval of 95 % for a share (1927).

    >>> ["%.3f" % end for end in wilson(3, 60)]
    ['0.017', '0.137']
    """
    if of == 0:
        return 0.0, 1.0
    p = found / of
    middle = p + Z * Z / (2 * of)
    half = Z * sqrt(p * (1 - p) / of + Z * Z / (4 * of * of))
    scale = 1 + Z * Z / of
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def paired_difference(only_one: int, only_other: int, of: int) -> tuple[float, float, float]:
    """Difference of two shares of the same trials, with the 95 % interval of Agresti and Min (2005): 1/2 in each of the four cells.

    Without any disagreement it takes 96 trials to show that the difference is above -2 points.

    >>> ["%.4f" % paired_difference(0, 0, of)[1] for of in (94, 96, 98)]
    ['-0.0204', '-0.0200', '-0.0196']
    """
    n = of + 2
    difference = (only_one - only_other) / n
    error = sqrt((only_one + only_other + 1) - (only_one - only_other) ** 2 / n) / n
    return (only_one - only_other) / of if of else 0.0, difference - Z * error, difference + Z * error


def detectable_at(share: float, detectable: dict) -> float:
    """Between the two that are printed, and beyond them up to 40 %, along a power of the share. Percent of the whole.

    >>> ["%.1f" % detectable_at(share, {"share_1": 1.0, "share_10": 4.0}) for share in (0.001, 0.01, 0.1, 0.2)]
    ['1.0', '1.0', '4.0', '6.1']
    """
    power = log(detectable["share_10"] / detectable["share_1"]) / log(10)
    return detectable["share_1"] * exp(power * log(min(max(share, 0.01), 0.4) / 0.01))
