"""The record as Markdown: the acceptance table first, then what it is made of."""

from statistics import median

from figures import PLATEAU, Duel, Group, Growth, above_detectable, duel, grouped
from judge import Outcome
from markdown import markdown, met, rate
from programs import WORK
from shares import detectable_at, paired_difference
from simulated import Simulated

# How many of a kind are named.
SHOWN = 6


def not_below(low: float, high: float, bar: float) -> str:
    """Too few pairs show neither."""
    return met(low > bar) if low > bar or high < bar else "not shown, too few pairs"


class Record:
    """Everything that was measured, ready to be laid out."""

    def __init__(self, outcomes: list[Outcome], growths: dict[tuple, Growth], simulated: Simulated | None):
        self.groups = grouped(outcomes)
        self.growths = growths
        self.simulated = simulated
        self.unchanged = {key: tools for key, tools in self.groups.items() if key[2].name == "none"}
        self.planted = {key: tools for key, tools in self.groups.items() if key[2].truth}
        self.quiet = {key: tools for key, tools in self.groups.items() if not key[2].truth and key[2].name != "none"}

    def outcomes(self, part: dict, tool: str) -> list[Outcome]:
        return [outcome for tools in part.values() if tool in tools for outcome in tools[tool].outcomes]

    def quantified(self, part: dict) -> Group:
        """By plateau, those in which it could call something grown. Where it gives sizes only, silence proves nothing."""
        return Group([outcome for outcome in self.outcomes(part, PLATEAU) if outcome.detectable])

    def rivals(self) -> list[str]:
        return sorted({tool for tools in self.planted.values() for tool in tools} - {PLATEAU})

    def above(self, key: tuple) -> list[Outcome]:
        return above_detectable(self.groups[key][PLATEAU], self.growths[key])

    # The acceptance table ---------------------------------------------------------------------------------------------

    def acceptance(self) -> str:
        rows = [*self.noise_rows(), *self.rank_rows(), *self.rival_rows(), *self.beside_rows(), *self.quiet_rows(), *self.mirror_rows()]
        return markdown("figure | bar | result | ", rows)

    def noise_rows(self):
        if self.simulated and self.simulated.alarms:
            worst = max(self.simulated.alarms, key=lambda row: row[3])
            result = f"at most {worst[3]:.1f} % ({worst[1]} of {worst[2]}, {worst[0]})"
            yield "simulated pairs without change, any *grew* row", "upper 95 % bound <= 5 %", result, met(worst[3] <= 5)
        else:
            yield "simulated pairs without change, any *grew* row", "upper 95 % bound <= 5 %", "", met(None)
        ours = self.quantified(self.unchanged)
        yield "real pairs without change, any *grew* row", "rate and interval", rate(len(ours.alarms), ours.pairs), "told"
        mute = len(self.outcomes(self.unchanged, PLATEAU)) - ours.pairs
        if mute:
            yield "real pairs without change that are *unquantified*", "in no rate of *grew* rows", mute, "told"
        held, rows = (sum(row[at] for row in self.simulated.planted) if self.simulated else 0 for at in (6, 5))
        share = 100 * held / rows if rows else 0.0
        yield ("intervals of reported rows that hold the truth, simulated", "92-98 %",
               f"{held} of {rows}, {share:.1f} %", met(92 <= share <= 98 if rows else None))

    def rank_rows(self):
        if self.simulated and self.simulated.planted:
            shown, first, third = (sum(row[at] for row in self.simulated.planted) for at in (1, 2, 3))
            yield "simulated growth above what is printed as detectable: first", ">= 95 %", rate(first, shown), met(first >= 0.95 * shown)
            yield "the same: in the first three", "100 %", rate(third, shown), met(third == shown)
        above = Group([outcome for key in self.planted if PLATEAU in self.groups[key] for outcome in self.above(key)])
        measured = above.pairs > 0
        yield ("planted growth above what is printed as detectable: first", ">= 95 %", rate(above.first, above.pairs),
               met(above.first >= 0.95 * above.pairs if measured else None))
        yield ("the same: in the first three", "100 %", rate(above.third, above.pairs), met(above.third == above.pairs if measured else None))

    def rival_rows(self):
        ours = self.outcomes(self.planted, PLATEAU)
        duels = {tool: duel(ours, self.outcomes(self.planted, tool)) for tool in self.rivals()}
        for tool, result in duels.items():
            if not result.pairs:
                continue
            difference, low, high = paired_difference(result.only_plateau, result.only_rival, result.pairs)
            yield (f"truth first, against `{tool}` on {result.pairs} pairs", "interval of the difference above -2 points",
                   f"{percent(result.plateau_first, result.pairs)} and {percent(result.rival_first, result.pairs)}: "
                   f"{100 * difference:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}]", not_below(low, high, -0.02))
            mine, other = result.plateau_reciprocal / result.pairs, result.rival_reciprocal / result.pairs
            yield (f"mean reciprocal rank, against `{tool}`", "higher", f"{mine:.3f} and {other:.3f}", met(mine > other))

    def beside_rows(self):
        ours = self.quantified(self.planted)
        yield ("rows called *grew* beside the truth, planted growth", "<= 0.2 per comparison", f"{ours.beside:.2f} of {ours.pairs}",
               met(ours.beside <= 0.2 if ours.pairs else None))

    def quiet_rows(self):
        for how, alarms, of in self.simulated.quiet if self.simulated else ():
            yield f"simulated, {how}: any *grew* row", "none", rate(alarms, of), met(not alarms)
        kinds: dict[str, list[Outcome]] = {}
        for (_, _, change), tools in self.quiet.items():
            if PLATEAU in tools:
                kinds.setdefault(change.kind, []).extend(self.quantified({change: tools}).outcomes)
        for kind, outcomes in kinds.items():
            group = Group(outcomes)
            yield (f"{kind}, nothing else changed: any *grew* row", "none", rate(len(group.alarms), group.pairs),
                   met(not group.alarms if group.pairs else None))

    def mirror_rows(self):
        every = [outcome for tools in self.groups.values() for outcome in tools.get(PLATEAU, Group([])).outcomes]
        wrong = [outcome for outcome in every if outcome.unmirrored]
        yield ("diff(b,a) mirrors diff(a,b)", "tiers, order, k' = 1/k, delta' = -delta/k",
               f"{len(every) - len(wrong)} of {len(every)}", met(not wrong if every else None))

    def simulated_table(self) -> str:
        if not self.simulated:
            return "Not run.\n"
        alarms = {how: (found, of) for how, found, of, _ in self.simulated.alarms}
        rows = ((how, rate(*alarms.get(how, (0, 0))), shown, first, third, other, f"{held} of {rows}")
                for how, shown, first, third, other, rows, held in self.simulated.planted)
        return markdown("drawn | without change, any row called grown | grown by 3 points, above what is detectable: | first: | in first 3: "
                        "| grown beside: | intervals that hold:", rows)

    # What it is made of -----------------------------------------------------------------------------------------------

    def noise_table(self) -> str:
        rows = ((program, size, tool, alarm_rate(tool, group), f"{group.beside:.2f}")
                for (program, size, _), tools in self.unchanged.items() for tool, group in tools.items())
        return markdown("program | size | tool | pairs with any row called grown, 95 % | rows called grown:", rows)

    def planted_table(self) -> str:
        rows = []
        for key, tools in self.planted.items():
            program, size, change = key
            growth, above, least = self.growths[key], "", ""
            if PLATEAU in tools:
                detectable = [outcome.detectable for outcome in tools[PLATEAU].outcomes if outcome.detectable]
                if detectable:
                    least = f"{median(detectable_at(growth.share, each) for each in detectable):.2f}"
                    above = len(self.above(key))
            for tool, group in tools.items():
                own = tool == PLATEAU
                found = len([outcome for outcome in group.outcomes if any(change.is_truth(name) for name in outcome.grew)])
                rows.append((program, size, f"{change.name} ({change.kind})", f"{growth.points:+.2f}", least if own else "",
                             above if own else "", tool, group.pairs, found, group.first, group.third,
                             f"{group.reciprocal:.3f}", f"{group.beside:.2f}"))
        return markdown("program | size | change | grown by: | detectable: | above it: | tool | pairs: | called grown: | first: | in first 3: "
                        "| reciprocal rank: | grown beside:", rows)

    def duel_table(self) -> str:
        rows = []
        places = dict.fromkeys((program, size) for program, size, _ in self.planted)
        for program, size in places:
            part = {key: tools for key, tools in self.planted.items() if key[:2] == (program, size)}
            ours = self.outcomes(part, PLATEAU)
            for tool in self.rivals():
                result = duel(ours, self.outcomes(part, tool))
                if result.pairs:
                    rows.append((program, size, tool, result.pairs, *duel_cells(result)))
        return markdown("program | size | rival | pairs: | plateau first: | rival first: | difference, 95 % | plateau's reciprocal rank: "
                        "| rival's:", rows)

    def quiet_table(self) -> str:
        rows = ((program, size, f"{change.name} ({change.kind})", tool, alarm_rate(tool, group), f"{group.beside:.2f}")
                for (program, size, change), tools in self.quiet.items() for tool, group in tools.items())
        return markdown("program | size | change | tool | pairs with any row called grown, 95 % | rows called grown:", rows)

    def time_table(self) -> str:
        times: dict[tuple, list[Outcome]] = {}
        for (program, size, _), tools in self.groups.items():
            for tool, group in tools.items():
                times.setdefault((program, size, tool), []).extend(group.outcomes)
        rows = ((*key, len(outcomes), f"{Group(outcomes).milliseconds:.0f}") for key, outcomes in times.items())
        return markdown("program | size | tool | comparisons: | median ms:", rows)

    def suspects(self) -> str:
        """Where plateau is wrong: the recordings to look at."""
        lines = []
        for key, tools in self.groups.items():
            change = key[2]
            above = {outcome.sides for outcome in self.above(key)} if change.truth and PLATEAU in tools else set()
            for outcome in tools.get(PLATEAU, Group([])).outcomes:
                wrong = []
                if outcome.beside:
                    wrong.append("called grown: " + ", ".join(f"`{name}`" for name in outcome.beside))
                if outcome.sides in above and outcome.rank != 1:
                    wrong.append(f"above what is detectable, the truth is at rank {outcome.rank or 'none'}")
                if wrong:
                    lines.append(f"- {sides(outcome)}: {'. '.join(wrong)}\n")
        return "".join(lines) or "None.\n"

    def unmirrored(self) -> str:
        """By program and size; the first few of each."""
        lines = []
        places = dict.fromkeys(key[:2] for key in self.groups)
        for program, size in places:
            every = [outcome for key, tools in self.groups.items() if key[:2] == (program, size)
                     for outcome in tools.get(PLATEAU, Group([])).outcomes]
            wrong = [outcome for outcome in every if outcome.unmirrored]
            if wrong:
                lines.append(f"{program} {size}: {len(wrong)} of {len(every)}, such as\n\n")
                lines += [f"- {sides(outcome)}: {'; '.join(outcome.unmirrored[:2])}\n" for outcome in wrong[:SHOWN]] + ["\n"]
        return "".join(lines) or "None.\n"


def alarm_rate(tool: str, group: Group) -> str:
    if tool == PLATEAU and not any(outcome.detectable for outcome in group.outcomes):
        return f"unquantified, {group.pairs} pairs"
    return rate(len(group.alarms), group.pairs)


def sides(outcome: Outcome) -> str:
    before, after = (path.relative_to(WORK) for path in outcome.sides)
    return f"`{before}` `{after}`"


def percent(found: int, of: int) -> str:
    return f"{100 * found / of:.1f} %"


def duel_cells(result: Duel) -> tuple:
    difference, low, high = paired_difference(result.only_plateau, result.only_rival, result.pairs)
    return (result.plateau_first, result.rival_first, f"{100 * difference:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}]",
            f"{result.plateau_reciprocal / result.pairs:.3f}", f"{result.rival_reciprocal / result.pairs:.3f}")


