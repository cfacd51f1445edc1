"""The record as Markdown: the acceptance table first, then what it is made of."""

from collections.abc import Iterable
from statistics import median

from judge import PLATEAU, Mirror, Outcome, Paths, Quiet
from markdown import markdown, met, rate
from recordings import BY_NAME, WORK
from scores import SCORES
from shares import wilson

SHOWN = 3
"""Rows of plateau that are told of a wrong case."""
MORE = 3
"""Baselines from which on there are several."""


def first(outcomes: list[Outcome]) -> int:
    return sum(outcome.rank == 1 for outcome in outcomes)


def third(outcomes: list[Outcome]) -> int:
    return sum(outcome.rank is not None and outcome.rank <= 3 for outcome in outcomes)


def reciprocal(outcomes: list[Outcome]) -> float:
    return sum(1 / outcome.rank for outcome in outcomes if outcome.rank) / max(1, len(outcomes))


def grouped(items: Iterable, key) -> dict:
    """In the order met."""
    groups: dict = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


class Record:
    """Everything that was measured, ready to be laid out."""

    def __init__(self, faults: list[Outcome], nezha: list[Outcome], quiet: list[Quiet], mirrors: list[Mirror], paths: list[Paths],
                 simulated: list[tuple[int, int, int]]):
        self.faults, self.nezha, self.quiet, self.mirrors, self.paths = faults, nezha, quiet, mirrors, paths
        self.simulated = simulated

    def own(self, outcomes: list[Outcome], baselines: range = range(1, 99)) -> list[Outcome]:
        return [each for each in outcomes if each.score == PLATEAU and len(each.before) in baselines]

    # The acceptance table ---------------------------------------------------------------------------------------------

    def acceptance(self) -> str:
        return markdown("figure | bar | result | ", [*self.rank_rows(), *self.quiet_rows(), *self.cause_rows(), *self.exact_rows()])

    def rank_rows(self):
        for what, part, bars in (("three baselines", self.own(self.faults, range(MORE, 99)), (0.90, 0.95)),
                                 ("one baseline", self.own(self.faults, range(1, MORE)), None)):
            for words, found, at in (("culprit first", first(part), 0), ("in the first 3", third(part), 1)):
                held = met(found >= bars[at] * len(part) if part else None) if bars else "told"
                yield f"recorded faults, {what}: {words}", f">= {100 * bars[at]:.0f} %" if bars else "", rate(found, len(part)), held
        ours = self.own(self.nezha)
        for words, count in (("faulty service first", first), ("in the first 3", third)):
            best = max((count([each for each in self.nezha if each.score == score]), score) for score in SCORES) if ours else (0, "")
            result = f"{count(ours)} of {len(ours)}; {best[1]} {best[0]}" if ours else "no captures"
            yield f"nezha, one baseline: {words}", "not worse than the simple scores", result, met(count(ours) >= best[0] if ours else None)

    def quiet_rows(self):
        for requests, found, of in self.simulated:
            high = wilson(found, of)[1]
            yield (f"simulated sets without fault, {requests} requests: any finding", "upper 95 % bound <= 5 %", rate(found, of), met(high <= 0.05))
        if not self.simulated:
            yield "simulated sets without fault: any finding", "upper 95 % bound <= 5 %", "", met(None)
        for baselines in sorted({each.baselines for each in self.quiet}):
            for disjoint, words in ((True, "no recording twice"), (False, "each recording once as after")):
                part = [each for each in self.quiet if (each.baselines, each.disjoint, each.score) == (baselines, disjoint, PLATEAU)]
                if part:
                    yield (f"real sets without fault, {counted(baselines)}, {words}: any finding", "rate and interval",
                           rate(sum(each.alarm for each in part), len(part)), "told")

    def cause_rows(self):
        for baselines, part in grouped(self.own(self.faults), lambda each: len(each.before)).items():
            known = [each for each in part if each.named is not None]
            yield (f"right cause named, {counted(baselines)}", "", rate(sum(each.named for each in known), len(known)), "told")
            yield ("the same: named first", "", rate(sum(each.named_first for each in known), len(known)), "told")

    def exact_rows(self):
        wrong = [each for each in self.mirrors if each.wrong]
        yield ("diff(b,a) mirrors diff(a,b)", "tiers swapped, changes and intervals negated",
               f"{len(self.mirrors) - len(wrong)} of {len(self.mirrors)}", met(not wrong if self.mirrors else None))
        requests = sum(each.requests for each in self.paths)
        off = sum(len(each.wrong) for each in self.paths)
        yield ("segments sum to the root's duration", "on every trace", f"{off} of {requests} not" if self.paths else "",
               met(not off if self.paths else None))
        yield "two 100 MB Jaeger files compared", "< 1 s, memory < 1.5x both files", "measured by `rivals`, group `jaeger`", ""

    # What it is made of -----------------------------------------------------------------------------------------------

    def rank_table(self) -> str:
        rows = []
        for (system, baselines, score), part in grouped([*self.faults, *self.nezha],
                                                        lambda each: (each.system, len(each.before), each.score)).items():
            rows.append((system, baselines, score, len(part), first(part), third(part), f"{reciprocal(part):.3f}"))
        return markdown("system | baselines: | score | sets: | culprit first: | in first 3: | mean reciprocal rank:", rows)

    def fault_table(self) -> str:
        """First and in the first three of every fault, by score."""
        rows = []
        for (system, fault, baselines), part in grouped([*self.faults, *self.nezha],
                                                        lambda each: (each.system, each.fault, len(each.before))).items():
            scores = grouped(part, lambda each: each.score)
            cells = [f"{first(scores[score])}, {third(scores[score])}" for score in (PLATEAU, *SCORES)]
            rows.append((system, fault, baselines, len(scores[PLATEAU]), *cells))
        return markdown("system | fault | baselines: | sets: | " + " | ".join(f"{score}:" for score in (PLATEAU, *SCORES)), rows)

    def quiet_table(self) -> str:
        rows = []
        for (clients, baselines, disjoint, score), part in sorted(
                grouped(self.quiet, lambda each: (each.clients, each.baselines, not each.disjoint, each.score)).items(),
                key=lambda item: (item[0][:3], (PLATEAU, *SCORES).index(item[0][3]))):
            kinds = ", ".join(f"{kind} {sum(bool(each.found[kind]) for each in part)}" for kind in part[0].found)
            rows.append((clients, baselines, "each once as after" if disjoint else "no recording twice", score,
                         rate(sum(each.alarm for each in part), len(part)), kinds))
        return markdown("customers: | baselines: | sets | score | sets with any finding, 95 % | by kind", rows)

    def cause_table(self) -> str:
        rows = []
        for (fault, baselines), part in grouped(self.own(self.faults), lambda each: (each.fault, len(each.before))).items():
            codes = ", ".join(BY_NAME[fault].causes)
            named, leading = (sum(getattr(each, what) or False for each in part) for what in ("named", "named_first"))
            beside = grouped((code for each in part for code in each.beside), lambda code: code)
            others = ", ".join(f"{code} {len(times)}" for code, times in beside.items()) or "none"
            rows.append((fault, codes or "none is right", baselines, len(part), named if codes else "", leading if codes else "", others))
        return markdown("fault | right cause | baselines: | sets: | named: | first: | others, times named", rows)

    def time_table(self) -> str:
        rows = []
        for (system, baselines), part in grouped(self.own([*self.faults, *self.nezha]), lambda each: (each.system, len(each.before))).items():
            rows.append((system, baselines, len(part), f"{1000 * median(each.report.seconds for each in part):.0f}"))
        return markdown("system | baselines: | comparisons: | median ms:", rows)

    def suspects(self) -> str:
        """Where plateau is wrong, and what it says first there: every set whose culprit is not first, and of wrong causes one of each
        fault."""
        ours = self.own([*self.faults, *self.nezha])
        lines = [told(each, f"culprit at rank {each.rank or 'none'}") for each in ours if each.rank != 1]
        for part in grouped(ours, lambda each: (each.system, each.fault, len(each.before))).values():
            for what, is_wrong in CAUSES_WRONG.items():
                if wrong := [each for each in part if is_wrong(each)]:
                    lines.append(told(wrong[0], f"{what} in {len(wrong)} of {len(part)}, such as here"))
        return "".join(lines) or "None.\n"

    def alarms(self) -> str:
        lines = []
        for each in self.quiet:
            if each.score == PLATEAU and each.alarm:
                found = "; ".join(f"{kind}: {', '.join(rows[:SHOWN])}" for kind, rows in each.found.items() if rows)
                lines.append(f"- {sides(each.before, each.after)}: {found}\n")
        return "".join(lines) or "None.\n"

    def inexact(self) -> str:
        lines = [f"- mirrored, {sides([each.before], each.after)}: {'; '.join(each.wrong[:SHOWN])}\n" for each in self.mirrors if each.wrong]
        lines += [f"- paths, `{name(each.path)}`: {len(each.wrong)}, such as {'; '.join(each.wrong[:SHOWN])}\n"
                  for each in self.paths if each.wrong]
        return "".join(lines) or "None.\n"


CAUSES_WRONG = {
    "right cause not named": lambda each: each.named is False,
    "another cause first": lambda each: each.named and not each.named_first,
    "a cause named where none is right": lambda each: each.named is None and each.beside,
}


def told(outcome: Outcome, wrong: str) -> str:
    """A wrong case, with plateau's sentence and its first rows."""
    lines = [f"- {outcome.fault}, {sides(outcome.before, outcome.after)}: {wrong}. \"{outcome.report.text}\"\n"]
    for row in outcome.report.findings["contributions"][:SHOWN]:
        lines.append(f"  - {row['rank']} `{row['frame']}` {row['delta_us_per_request']:+.0f} us per request, {row['tier']}, calls "
                     f"{row['before_calls']:.2f} -> {row['after_calls']:.2f}\n")
    for cause in outcome.report.causes[:SHOWN]:
        lines.append(f"  - cause {cause['code']} of `{cause['frame']}`: {cause['title']} ({cause['us_per_request']:.0f} us per request)\n")
    return "".join(lines)


def counted(baselines: int) -> str:
    return "one baseline" if baselines == 1 else f"{baselines} baselines"


def name(path) -> str:
    return str(path.relative_to(WORK)) if path.is_relative_to(WORK) else path.name


def sides(before: list, after) -> str:
    return f"{' '.join(f'`{name(path)}`' for path in before)} against `{name(after)}`"
