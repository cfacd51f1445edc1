"""Figures of groups of outcomes: by program, size and change, and over all of them."""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

import tools
from changes import Change
from judge import Outcome
from shares import detectable_at

PLATEAU = "plateau diff"


@cache
def own_values(folded: Path) -> Counter:
    """Value by leaf of a folded capture."""
    values = Counter()
    for line in folded.read_text(errors="replace").splitlines():
        stack, _, value = line.rpartition(" ")
        values[stack.split(";")[-1]] += int(value)
    return values


@dataclass
class Growth:
    """What a change really did, of all its recordings together."""

    points: float
    """Percent of the whole before, at equal work of all other functions."""
    share: float
    """Of the truth, the mean of before and after."""


def true_growth(program, change: Change, sides: list[tuple[Path, Path]]) -> Growth:
    truth, others = [0, 0], [0, 0]
    for pair in sides:
        for side, path in enumerate(pair):
            for function, value in own_values(tools.converted(program, path, "folded")).items():
                if change.is_truth(function):
                    truth[side] += value
                elif not change.is_follower(function):
                    others[side] += value
    whole = [truth[side] + others[side] for side in (0, 1)]
    points = 100 * (truth[1] * others[0] / others[1] - truth[0]) / whole[0]
    return Growth(points, (truth[0] / whole[0] + truth[1] / whole[1]) / 2)


@dataclass
class Group:
    """The outcomes of one tool for one change of a program at one size."""

    outcomes: list[Outcome]

    @property
    def pairs(self) -> int:
        return len(self.outcomes)

    @property
    def alarms(self) -> list[Outcome]:
        """With any row that is said to have grown."""
        return [outcome for outcome in self.outcomes if outcome.grew]

    @property
    def first(self) -> int:
        return sum(outcome.rank == 1 for outcome in self.outcomes)

    @property
    def third(self) -> int:
        return sum(outcome.rank is not None and outcome.rank <= 3 for outcome in self.outcomes)

    @property
    def reciprocal(self) -> float:
        return sum(1 / outcome.rank for outcome in self.outcomes if outcome.rank) / max(1, self.pairs)

    @property
    def beside(self) -> float:
        return sum(len(outcome.beside) for outcome in self.outcomes) / max(1, self.pairs)

    @property
    def milliseconds(self) -> float:
        return 1000 * median(outcome.seconds for outcome in self.outcomes)


def grouped(outcomes: list[Outcome]) -> dict[tuple[str, str, Change], dict[str, Group]]:
    """By program, size and change, then by tool, in the order met."""
    groups: dict = {}
    for outcome in outcomes:
        tool_groups = groups.setdefault((outcome.program, outcome.size, outcome.change), {})
        tool_groups.setdefault(outcome.tool, Group([])).outcomes.append(outcome)
    return groups


def above_detectable(group: Group, growth: Growth) -> list[Outcome]:
    """The comparisons by plateau that say that growth as large as what was planted would be found."""
    return [outcome for outcome in group.outcomes
            if outcome.detectable and growth.points >= detectable_at(growth.share, outcome.detectable)]


@dataclass
class Duel:
    """Plateau and a rival on the same pairs."""

    pairs: int = 0
    plateau_first: int = 0
    rival_first: int = 0
    only_plateau: int = 0
    only_rival: int = 0
    plateau_reciprocal: float = 0.0
    rival_reciprocal: float = 0.0


def duel(ours: list[Outcome], theirs: list[Outcome]) -> Duel:
    sides = {outcome.sides: outcome for outcome in ours}
    result = Duel()
    for rival in theirs:
        plateau = sides.get(rival.sides)
        if not plateau:
            continue
        result.pairs += 1
        result.plateau_first += plateau.rank == 1
        result.rival_first += rival.rank == 1
        result.only_plateau += plateau.rank == 1 and rival.rank != 1
        result.only_rival += plateau.rank != 1 and rival.rank == 1
        result.plateau_reciprocal += 1 / plateau.rank if plateau.rank else 0
        result.rival_reciprocal += 1 / rival.rank if rival.rank else 0
    return result
