"""What a log tells over time, as columns of numbers: by @sample lines, a line a CPU, else by @second."""

import math
import re
from dataclasses import dataclass, field

from atlines import Log, TerminalFilter
from variables import Refused

BANNER = re.compile(r"^Meridian: a hypervisor that keeps time$", re.M)
SANE = 1 << 64          # no figure of a log is larger
GUEST = -1              # in the place of a CPU's number: what the guest saw
COLUMNS = ("offset", "offset_bound", "rate", "rate_bound", "bound", "back")
SAMPLE = dict(zip(COLUMNS, ("offset_ns", "offset_bound_ns", "rate_ppb", "rate_bound_ppb", "err_ns",
                            "behind")))


@dataclass
class Line:
    """One CPU's figures, column by column, in ns, ppb and counts; nan where they are not known."""

    at_s: list = field(default_factory=list)
    columns: dict = field(default_factory=lambda: {name: [] for name in COLUMNS})

    def add(self, at_ns, figures):
        self.at_s.append(at_ns / 1e9)
        for name in COLUMNS:
            self.columns[name].append(figures.get(name, math.nan))


@dataclass
class Mark:
    """Something that happened: kind is disruption, established, mode, stopped, or back (a CPU runs again)."""

    at_s: float
    kind: str
    words: str


@dataclass
class Series:
    name: str
    lines: dict = field(default_factory=dict)       # {cpu, or GUEST: Line}
    marks: list = field(default_factory=list)
    machine: str = ""
    verdict: str = ""
    by_cpu: bool = True         # else there are no @sample lines, and the guest's are all there is
    notes: list = field(default_factory=list)

    def cpus(self):
        return sorted(cpu for cpu in self.lines if cpu != GUEST)

    def span_s(self):
        return max((line.at_s[-1] for line in self.lines.values() if line.at_s), default=0)


def figure(line, key):
    """A figure of a line; nan for `unknown`; ValueError or KeyError where there is none."""
    text = line[key]
    if text == "unknown":
        return math.nan
    value = int(text)
    if abs(value) > SANE:
        raise ValueError(text)
    return value


def moment(line, key):
    at_ns = figure(line, key)
    if not 0 <= at_ns <= SANE:
        raise ValueError(line[key])
    return at_ns


def _sample(series, line):
    figures = {name: figure(line, key) for name, key in SAMPLE.items()}
    for name in ("offset", "rate"):
        if math.isnan(figures[name + "_bound"]):        # what is there then is no measurement
            figures[name] = math.nan
    cpu, at_ns = line.number("cpu"), moment(line, "at_ns")
    if not 0 <= cpu < 4096:
        raise ValueError(line["cpu"])
    series.lines.setdefault(cpu, Line()).add(at_ns, figures)
    return at_ns


class Seconds:
    """The guest's clock by its @second lines; its rate is against the TSC, in steps of a second."""

    def __init__(self, log):
        clocks = [line for line in log.all("clock") if line.get("hz", "").isdigit()]
        self.hz = int(clocks[0]["hz"]) if clocks else 0
        self.last = None

    def rate_ppb(self, tsc, at_ns):
        last, self.last = self.last, (tsc, at_ns)
        if not last or not self.hz or tsc <= last[0]:
            return math.nan
        return ((at_ns - last[1]) * self.hz / (tsc - last[0]) / 1e9 - 1) * 1e9

    def add(self, series, line):
        at_ns, tsc = moment(line, "time_ns"), figure(line, "tsc")
        figures = {"offset": figure(line, "spread_ns"), "rate_bound": figure(line, "err_ppb"),
                   "bound": figure(line, "err_ns"), "back": figure(line, "back")}
        figures["rate"] = self.rate_ppb(tsc, at_ns)
        series.lines.setdefault(GUEST, Line()).add(at_ns, figures)
        return at_ns


class Marks:
    """Marks in their order; a change of mode stands at the last moment that was told before it."""

    def __init__(self):
        self.mode = None

    def of(self, line, last_ns):
        if line.word == "clock":
            before, self.mode = self.mode, line["mode"]
            changed = before and before != self.mode
            return Mark(last_ns / 1e9, "mode", f"{self.mode} mode") if changed else None
        if line.word == "established":
            return Mark(last_ns / 1e9, line.word, "established")
        words = {"disruption": f"disruption {line.get('what', '')}".strip()}
        words.update(stopped=f"CPU {line['cpu']} stopped", returned=f"CPU {line['cpu']} runs again")
        return Mark(moment(line, "at_ns") / 1e9, line.word, words[line.word])


def last_boot(text):
    """(the text of the last boot in it, how many there are)."""
    starts = [match.start() for match in BANNER.finditer(text)]
    return (text[starts[-1]:], len(starts)) if starts else (text, 1)


def name_of(log):
    machine = log.all("machine")
    words = [machine[-1].get(key, "") for key in ("vendor", "product", "cpu")] if machine else []
    return ", ".join(word.replace("_", " ") for word in words if word and word != "unknown")


def series_of(name, data):
    """A log's bytes; Refused where nothing in it can be drawn."""
    text, boots = last_boot(TerminalFilter().feed(data))
    log = Log(text)
    series = Series(name, machine=name_of(log))
    if boots > 1:
        series.notes.append(f"{boots} boots are in it; the last is drawn")
    seconds, marks, last_ns, bad = Seconds(log), Marks(), 0, len(log.malformed)
    for line in log.at_lines:
        try:
            if line.word == "sample":
                last_ns = _sample(series, line)
            elif line.word == "second":
                last_ns = seconds.add(series, line)
            elif line.word in ("disruption", "established", "stopped", "returned", "clock"):
                mark = marks.of(line, last_ns)
                series.marks += [mark] if mark else []
            elif line.word == "check":
                series.verdict = line["verdict"]
        except (KeyError, ValueError):
            bad += 1
    if bad:
        series.notes.append(f"{bad} of its lines could not be read and are left out")
    if not series.lines:
        raise Refused(f"{name}: no @sample or @second line that can be read: is it Meridian's serial log?")
    series.by_cpu = any(cpu != GUEST for cpu in series.lines)
    return series


def thinned(xs, ys, most):
    """At most about so many points: of each stretch the lowest and the highest, so no outlier is lost."""
    if len(xs) <= most:
        return xs, ys
    size, out = -(-2 * len(xs) // most), []
    for start in range(0, len(xs), size):
        known = [i for i in range(start, min(start + size, len(xs))) if not math.isnan(ys[i])]
        if known:
            out += sorted({min(known, key=ys.__getitem__), max(known, key=ys.__getitem__)})
        else:
            out.append(start)       # a gap stays one
    return [xs[i] for i in out], [ys[i] for i in out]
