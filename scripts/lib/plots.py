"""Pictures of series.py's columns by matplotlib: four panels above one another, a column for each log."""

import math

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "meridian", "font.size": 9,
                            "axes.grid": True, "grid.color": "0.9", "axes.axisbelow": True})

from matplotlib import pyplot  # noqa: E402
from matplotlib.colors import Normalize  # noqa: E402
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter  # noqa: E402

from series import GUEST, thinned  # noqa: E402

FEW = 10                # CPUs that a legend can name
MOST_POINTS = 4000      # a line; more are not seen and make files of 100 MB
MOST_WORDS = 6          # marks with their words; the others are lines only
ALIKE = 50              # logs whose figures differ by less share an axis
TIMES = ((1, "s"), (60, "minutes"), (3600, "hours"), (86400, "days"))
UNITS = {"ns": ((1, "ns"), (1e3, "us"), (1e6, "ms"), (1e9, "s")),
         "ppb": ((1, "ppb"), (1e3, "ppm"), (1e6, "1000 ppm")), "": ((1, ""),)}
MARKS = {"disruption": ("tab:red", "-"), "established": ("tab:green", ":"), "mode": ("tab:blue", "--"),
         "stopped": ("black", "-."), "returned": ("black", ":")}
# (column, its band, unit, title where there are CPUs, title where only the guest told)
PANELS = (("offset", "offset_bound", "ns", "offset from the boot CPU", "spread between VCPUs"),
          ("rate", "rate_bound", "ppb", "rate against the boot CPU", "rate against the TSC"),
          ("bound", None, "ns", "bound on the error of time", "bound on the error of time"),
          ("back", None, "", "steps back, in all", "steps back, in all"))


def unit_for(largest, units):
    return [unit for unit in units if unit[0] * 2 <= max(largest, 2)][-1]


def known(values):
    return [value for value in values if not math.isnan(value)]


class Colours:
    """Ten of their own, more by number along a scale."""

    def __init__(self, cpus):
        self.cpus, self.few = cpus, len(cpus) <= FEW
        self.scale = Normalize(0, max(cpus, default=1) or 1)
        self.map = matplotlib.colormaps["tab10" if self.few else "turbo"]

    def __call__(self, cpu):
        if cpu == GUEST:
            return "black"
        return self.map(self.cpus.index(cpu)) if self.few else self.map(self.scale(cpu))


class Panel:
    """One quantity of one log. What is drawn is known by its gid, `offset-log0-cpu3`, in the SVG too."""

    def __init__(self, axes, series, spec, colours, log):
        self.axes, self.series, self.colours, self.log = axes, series, colours, log
        self.column, self.band, self.units, by_cpu, by_guest = spec
        self.title = by_cpu if series.by_cpu else by_guest
        # The guest's steps back stand beside the CPUs'; else it is drawn where there is nothing better.
        self.lines = sorted((cpu, line) for cpu, line in series.lines.items()
                            if cpu != GUEST or not series.by_cpu or self.column == "back")
        self.low, self.high = self.extent()

    def extent(self):
        """All of the lines and the usual bound; wider bounds, as in the first seconds, leave the panel."""
        values = known(value for _, line in self.lines for value in line.columns[self.column])
        if self.column == "bound":      # on a scale that has no zero
            values = [value for value in values if value > 0] or [1]
            return min(values), max(values)
        if self.column == "back":
            return 0, max(values + [1])
        bounds = sorted(known(value for _, line in self.lines for value in line.columns[self.band]))
        usual = bounds[len(bounds) // 2] if bounds else 0
        return min(values + [-usual]), max(values + [usual])

    def largest(self):
        return max(-self.low, self.high)

    def draw(self, per_s, unit):
        per = unit[0]
        for cpu, line in self.lines:
            gid = f"{self.column}-log{self.log}-" + ("guest" if cpu == GUEST else f"cpu{cpu}")
            xs, ys = thinned([at / per_s for at in line.at_s],
                             [value / per for value in line.columns[self.column]], MOST_POINTS)
            self.axes.plot(xs, ys, color=self.colours(cpu), gid=gid, label="_", marker=".", markersize=2.5,
                           linewidth=1.2 if self.colours.few else 0.6,
                           drawstyle="steps-post" if self.column == "back" else "default")
            if self.band and len(self.lines) <= FEW:
                self.shade(cpu, line, per_s, per)
        self.axes.set_ylabel(f"{self.title}{', ' if unit[1] else ''}{unit[1]}")

    def shade(self, cpu, line, per_s, per):
        step = -(-len(line.at_s) // MOST_POINTS)
        at, middle, bound = (values[::step] for values in (line.at_s, line.columns[self.column],
                                                           line.columns[self.band]))
        low, high = ([(y + sign * b) / per for y, b in zip(middle, bound)] for sign in (-1, 1))
        xs, colour = [x / per_s for x in at], self.colours(cpu)
        self.axes.fill_between(xs, low, high, color=colour, alpha=0.25 / len(self.lines), linewidth=0)
        for edge in (low, high):
            self.axes.plot(xs, edge, color=colour, alpha=0.5, linewidth=0.7, linestyle=":", label="_")

    def limit(self, low, high, per):
        low, high = low / per, high / per
        if self.column == "back":
            self.axes.set_ylim(-0.05 * high, high * 1.1)
            self.axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        elif self.column == "bound":
            self.axes.set_yscale("log")
            self.axes.set_ylim(low / 1.3, high * 1.3)
            self.axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=12))
            self.axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            self.axes.yaxis.set_minor_formatter(NullFormatter())
        else:
            room = (high - low or 2) * 0.08
            self.axes.set_ylim(low - room, high + room)

    def mark(self, per_s, words):
        for number, mark in enumerate(self.series.marks):
            colour, style = MARKS[mark.kind]
            self.axes.axvline(mark.at_s / per_s, color=colour, linestyle=style, linewidth=0.9,
                              gid=f"mark-log{self.log}-{self.column}-{number}")
            if words and number < MOST_WORDS:
                top = mark.kind != "mode"       # a disruption and what it does to the mode come together
                self.axes.annotate(mark.words, (mark.at_s / per_s, int(top)), fontsize=6, color=colour,
                                   xycoords=("data", "axes fraction"), xytext=(2, -3 if top else 3),
                                   textcoords="offset points", rotation=90, va="top" if top else "bottom")


def draw_row(panels, per_s):
    """Logs whose figures are alike share an axis; else each has its own, and says so."""
    sizes = [panel.largest() for panel in panels]
    alike = max(sizes) <= ALIKE * min(sizes) or panels[0].column == "back"
    for panel in panels:
        low, high = panel.low, panel.high
        if alike:
            low, high = min(one.low for one in panels), max(one.high for one in panels)
        unit = unit_for(max(-low, high), UNITS[panel.units])
        panel.draw(per_s, unit)
        panel.limit(low, high, unit[0])
        panel.mark(per_s, words=panel.column == "offset")
        if not alike:
            panel.axes.set_ylabel(panel.axes.get_ylabel() + "\n(an axis of its own)")


def column_title(series):
    lines = [series.name, series.machine, f"verdict: {series.verdict}" if series.verdict else ""]
    return "\n".join(line for line in lines if line)


def explain(figure, colours, axes, guest):
    """Which colour is which CPU: by name where they are few, else by a scale."""
    cpus = colours.cpus
    entries = [matplotlib.lines.Line2D([], [], color=colours(cpu), label=f"CPU {cpu}") for cpu in cpus]
    entries = entries if colours.few else []
    if guest:
        entries.append(matplotlib.lines.Line2D([], [], color="black", label="what the guest saw"))
    if entries:
        figure.legend(handles=entries, loc="lower center", ncol=min(len(entries), 11), frameon=False)
    if not colours.few:
        scale = matplotlib.cm.ScalarMappable(colours.scale, colours.map)
        figure.colorbar(scale, ax=list(axes.flat), label="CPU", fraction=0.03, pad=0.02)


def draw(all_series):
    """A figure of several logs beside one another."""
    figure, axes = pyplot.subplots(len(PANELS), len(all_series), sharex="col", squeeze=False,
                                   figsize=(1 + 6.5 * len(all_series), 10), layout="constrained",
                                   gridspec_kw={"height_ratios": (3, 3, 3, 2)})
    colours = Colours(sorted({cpu for series in all_series for cpu in series.cpus()}))
    per_s = unit_for(max(series.span_s() for series in all_series), TIMES)
    for row, spec in enumerate(PANELS):
        draw_row([Panel(axes[row][log], series, spec, colours, log) for log, series in enumerate(all_series)],
                 per_s[0])
    for log, series in enumerate(all_series):
        axes[0][log].set_title(column_title(series), fontsize=9)
        axes[-1][log].set_xlim(0, series.span_s() * 1.03 / per_s[0])
        axes[-1][log].set_xlabel(f"system time, {per_s[1]}")
    explain(figure, colours, axes, any(GUEST in series.lines for series in all_series))
    figure.get_layout_engine().set(rect=(0, 0.04, 1, 0.96))
    return figure


def save(figure, path):
    """As path.png and path.svg; the same log gives the same bits."""
    figure.savefig(path + ".png", dpi=120, metadata={"Software": None})
    figure.savefig(path + ".svg", metadata={"Date": None})
    pyplot.close(figure)
