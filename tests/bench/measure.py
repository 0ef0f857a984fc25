# SPDX-License-Identifier: BSD-2-Clause
"""What a benchmark is, what its bars are, and the tables."""
import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Bar:
    """How a figure of subject has to stand beside that of other, in the same round."""
    case: str
    subject: str
    other: str
    unit: str
    limit: float

    def figures(self, results, name):
        return [turn[self.case, name][self.unit] for turn in results]

    def verdict(self, results):
        """(our figure, the peer's, how they stand to each other, whether that reaches the bar): medians."""
        ours, theirs = (self.figures(results, name) for name in (self.subject, self.other))
        value = statistics.median(map(self.compare, ours, theirs))
        return statistics.median(ours), statistics.median(theirs), value, self.is_reached(value)


class AtLeast(Bar):
    """So many times the other's."""
    FORM, SIGN = "{:.2f} ×", "≥"

    @staticmethod
    def compare(mine, theirs):
        return mine / theirs

    def is_reached(self, value):
        return value >= self.limit


class AtMost(AtLeast):
    """So many times the other's."""
    SIGN = "≤"

    def is_reached(self, value):
        return value <= self.limit


class AtMostMore(AtMost):
    """So much more than the other's."""
    FORM = "{:+.1f}"

    @staticmethod
    def compare(mine, theirs):
        return mine - theirs


class Benchmark:
    """turn() gives what was measured in one round: {(case, contender): {unit: figure}}. All contenders take turns within
    one, so that what else happens on the machine meets each of them."""
    name = what = ""
    bars = ()
    rounds, seconds = 5, 0.5

    def __init__(self, place):
        """Starts what is measured, or raises Missing."""
        self.place = place

    def turn(self):
        raise NotImplementedError


def number(figure):
    """With three digits that count, at least."""
    return "-" if figure is None else f"{figure:.{0 if figure >= 100 else 1 if figure >= 10 else 2}f}"


def print_table(table, markdown, words=()):
    """words are the columns that stand at the left."""
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]

    def line(row):
        cells = [cell.ljust(width) if i in words else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))]
        return "| " + " | ".join(cells) + " |" if markdown else "  ".join(cells).rstrip()

    rule = ["-" * (width + 1) + ("-" if i in words else ":") for i, width in enumerate(widths)]
    print(line(table[0]))
    print("|" + "|".join(rule) + "|" if markdown else "  ".join("-" * width for width in widths))
    for row in table[1:]:
        print(line(row))


def details(results):
    """A table of all medians."""
    units = list(dict.fromkeys(unit for figures in results[0].values() for unit in figures))
    yield ("case", "server", *units)
    for key in results[0]:
        yield (*key, *(number(statistics.median(turn[key][unit] for turn in results) if unit in results[0][key] else None)
                       for unit in units))


def bar_rows(benchmark, results, judged):
    """The rows of the table of bars, each with whether the bar was missed."""
    for bar in benchmark.bars:
        ours, theirs, value, reached = bar.verdict(results)
        missed = judged and not reached
        yield missed, (benchmark.name, f"{bar.case}, {bar.unit}", number(ours), f"{number(theirs)} {bar.other}",
                       bar.FORM.format(value), f"{bar.SIGN} {bar.FORM.format(bar.limit)}",
                       "" if not judged else "met" if reached else "MISSED")


HEADER = ("row", "what", "saslwardd", "beside", "so that is", "bar", "")
