"""`make plot`: the numbers of a log against those in the picture, and what it says of bad logs."""

import math
import os
import random
import subprocess
import sys
import xml.etree.ElementTree
import zlib

import pytest

import plots
from boot import KERNELS, guest_program
from emulator import run
from load import patient
from machines import meridian_by_kernel
from series import GUEST, series_of, thinned
from variables import Refused

SCRIPT = os.path.join("scripts", "plot")
SVG = "{http://www.w3.org/2000/svg}"
PANELS = ("offset", "rate", "bound", "back")


def sample(n, cpu, **figures):
    known = {"hz": 2592000000, "hz_ppb": 600, "rate_ppb": 0, "rate_bound_ppb": 700, "offset_ns": 0,
             "offset_bound_ns": 120, "err_ns": 100, "behind": 0, "disruptions": 0, **figures}
    words = " ".join(f"{key}={value}" for key, value in known.items())
    return f"@sample n={n} cpu={cpu} at_ns={n * 10**9 + cpu * 1000} {words}"


def second(n, ppb=0, **figures):
    known = {"err_ns": 90, "err_ppb": 60, "spread_ns": 0, "back": 0, "mode": "unified", **figures}
    words = " ".join(f"{key}={value}" for key, value in known.items())
    return f"@second n={n} tsc={n * 2592000000} time_ns={n * (10**9 + ppb) + 5 * 10**8} {words}"


CLOCK = "@clock source=hpet mode={} hz=2592000000 err_ns=100 err_ppb=60"


def log(*lines):
    return "\r\n".join(lines).encode() + b"\r\n"


def random_log(cpus, seconds=6, scale=50, seed=1):
    dice = random.Random(seed)
    return log(CLOCK.format("unified"), *(
        sample(n, cpu, offset_ns=dice.randint(-scale, scale), rate_ppb=dice.randint(-9, 9), behind=n // 3,
               err_ns=dice.randint(50, 500)) for n in range(1, seconds + 1) for cpu in range(cpus)))


def test_the_columns_are_the_logs_figures():
    series = series_of("x", log(
        "@machine vendor=LENOVO product=X_1 firmware=F cpu=Intel(R)_Core cpus=2 version=0.5",
        sample(1, 0), sample(1, 1, offset_ns=-17, offset_bound_ns=130, rate_ppb=-40, rate_bound_ppb=700,
                             err_ns=189, behind=2),
        sample(2, 1, offset_ns=3, offset_bound_ns="unknown", err_ns="unknown"), sample(3, 1, offset_ns=4),
        "@check verdict=in-step"))
    assert series.cpus() == [0, 1] and series.by_cpu and not series.notes
    line = series.lines[1]
    assert line.at_s == [1.000001, 2.000001, 3.000001]
    offsets = line.columns["offset"]
    assert offsets[0] == -17 and math.isnan(offsets[1]) and offsets[2] == 4
    assert line.columns["offset_bound"][0] == 130 and math.isnan(line.columns["offset_bound"][1])
    assert line.columns["rate"] == [-40, 0, 0] and line.columns["rate_bound"] == [700] * 3
    assert line.columns["bound"][0] == 189 and math.isnan(line.columns["bound"][1])
    assert line.columns["back"] == [2, 0, 0]
    assert series.machine == "LENOVO, X 1, Intel(R) Core" and series.verdict == "in-step"


def test_a_log_without_samples_gives_the_guests_clock():
    series = series_of("x", log(CLOCK.format("unified"), *(second(n, ppb=250) for n in range(1, 4))))
    assert not series.by_cpu and series.cpus() == []
    columns = series.lines[GUEST].columns
    assert math.isnan(columns["rate"][0])
    assert columns["rate"][1:] == [pytest.approx(250, abs=0.01)] * 2
    assert columns["bound"] == [90] * 3 and columns["rate_bound"] == [60] * 3


def test_what_happened_is_marked_where_it_happened():
    series = series_of("x", log(
        CLOCK.format("unified"), sample(1, 0), "@disruption cpu=1 what=tsc-ahead off_ns=9 at_ns=1600000000",
        CLOCK.format("percpu"), "@stopped cpu=3 at_ns=1700000000", "@returned cpu=3 at_ns=1900000000",
        sample(2, 0),
        "@established cpu=1 delay_ns=5 err_ns=200 disruptions=1", CLOCK.format("percpu"), sample(3, 0),
        CLOCK.format("unified")))
    assert [(mark.at_s, mark.kind, mark.words) for mark in series.marks] == [
        (1.6, "disruption", "disruption tsc-ahead"), (1.0, "mode", "percpu mode"),
        (1.7, "stopped", "CPU 3 stopped"), (1.9, "returned", "CPU 3 runs again"),
        (2.0, "established", "established"), (3.0, "mode", "unified mode")]


def test_lines_that_the_wire_broke_are_left_out_and_counted():
    series = series_of("x", log(
        sample(1, 0), sample(2, 0)[:40], sample(3, 0, offset_ns="12x"), sample(4, 0, offset_ns=10**30),
        sample(5, 99999), sample(6, 0, err_ns="9" * 5000), "@sample", "@disruption", sample(7, 0)))
    assert series.lines[0].at_s == [1.0, 7.0] and series.cpus() == [0]
    assert series.notes == ["7 of its lines could not be read and are left out"]


def test_the_last_of_several_boots_is_drawn():
    banner = "Meridian: a hypervisor that keeps time"
    series = series_of("x", log(banner, sample(1, 0), sample(2, 0), "\x1b[0m" + banner, sample(1, 1)))
    assert series.cpus() == [1] and "2 boots" in series.notes[0]


@pytest.mark.parametrize("data", [b"", b"\x7fELF" + bytes(5000), b"no log at all\n", b"@sample n=1\n",
                                  b"\n\n", log("@second n=1 tsc=1"), log(sample(1, -1))])
def test_a_log_with_nothing_to_draw_is_refused(data):
    with pytest.raises(Refused, match="no @sample or @second line"):
        series_of("x", data)


def test_thinning_keeps_every_outlier():
    dice = random.Random(3)
    ys = [dice.gauss(0, 1) for _ in range(100_000)]
    ys[777], ys[55_555], ys[99_999] = 1e6, -1e6, 50
    xs, kept = thinned(list(range(len(ys))), ys, 4000)
    assert len(xs) <= 4000 and xs == sorted(xs) and {1e6, -1e6, 50} <= set(kept)
    assert all(ys[x] == y for x, y in zip(xs, kept))
    assert thinned([1, 2], [3, 4], 4000) == ([1, 2], [3, 4])
    gap = thinned(list(range(100)), [1] * 50 + [math.nan] * 50, 10)[1]
    assert any(math.isnan(y) for y in gap) and len(gap) <= 10


def lines_of(figure, log_number=0):
    """{gid: matplotlib's line} of one log's panels."""
    found = {}
    for axes in figure.axes:
        for line in axes.lines:
            gid = line.get_gid() or ""
            if f"-log{log_number}-" in gid and not gid.startswith("mark"):
                assert gid not in found
                found[gid] = (axes, line)
    return found


def test_the_picture_has_the_logs_figures():
    series = series_of("x", random_log(cpus=4, scale=90_000))
    drawn = lines_of(plots.draw([series]))
    assert set(drawn) == {f"{panel}-log0-cpu{cpu}" for panel in PANELS for cpu in range(4)}
    for gid, (axes, line) in drawn.items():
        column, cpu = gid.split("-")[0], int(gid.split("cpu")[1])
        per = 1000 if column == "offset" else 1
        assert list(line.get_xdata()) == pytest.approx(series.lines[cpu].at_s)
        assert [y * per for y in line.get_ydata()] == pytest.approx(series.lines[cpu].columns[column])
        low, high = axes.get_ylim()
        assert low <= min(line.get_ydata()) and max(line.get_ydata()) <= high, f"{gid} leaves its panel"
    labels = {column: drawn[f"{column}-log0-cpu1"][0].get_ylabel() for column in PANELS}
    assert labels["offset"].endswith(", us") and labels["rate"].endswith(", ppb")
    assert labels["bound"].endswith(", ns") and labels["back"] == "steps back, in all"


def test_few_cpus_have_a_legend_and_many_a_scale():
    few = plots.draw([series_of("x", random_log(cpus=10))])
    assert [text.get_text() for text in few.legends[0].get_texts()] == [f"CPU {cpu}" for cpu in range(10)]
    assert len({line.get_color() for _, line in lines_of(few).values()}) == 10
    many = plots.draw([series_of("x", random_log(cpus=96))])
    assert not many.legends and many.axes[-1].get_ylabel() == "CPU"
    assert len(lines_of(many)) == 4 * 96


def test_marks_stand_in_every_panel():
    data = random_log(cpus=2) + log("@disruption cpu=1 what=tsc-ahead off_ns=9 at_ns=2600000000")
    figure = plots.draw([series_of("x", data)])
    found = [line for axes in figure.axes for line in axes.lines if (line.get_gid() or "").startswith("mark")]
    assert len(found) == len(PANELS) and all(list(line.get_xdata()) == [2.6, 2.6] for line in found)
    assert [text.get_text() for text in figure.axes[0].texts] == ["disruption tsc-ahead"]


def test_a_long_run_is_drawn_in_hours():
    lines = [sample(n, 0, err_ns=n) for n in range(1, 4 * 3600, 60)]
    series = series_of("x", log(*lines, "@disruption cpu=0 what=tsc-ahead off_ns=9 at_ns=7200000000000"))
    figure = plots.draw([series])
    axes, line = lines_of(figure)["bound-log0-cpu0"]
    assert list(line.get_xdata()) == pytest.approx([at / 3600 for at in series.lines[0].at_s])
    marks = [one for one in axes.lines if (one.get_gid() or "").startswith("mark")]
    assert list(marks[0].get_xdata()) == [2, 2] and "hours" in figure.axes[len(PANELS) - 1].get_xlabel()


@pytest.mark.parametrize("scale, alike", [(100, True), (100_000, False)])
def test_logs_beside_one_another_share_an_axis_or_say_so(scale, alike):
    two = random_log(2, scale=scale, seed=2)
    figure = plots.draw([series_of("one", random_log(2)), series_of("two", two)])
    axes = [lines_of(figure, number)[f"offset-log{number}-cpu1"][0] for number in (0, 1)]
    assert (axes[0].get_ylim() == axes[1].get_ylim()) == alike
    assert all(("an axis of its own" in one.get_ylabel()) != alike for one in axes)
    assert [one.get_title() for one in axes] == ["one", "two"]
    for column in ("rate", "bound", "back"):
        pair = [lines_of(figure, number)[f"{column}-log{number}-cpu1"][0].get_ylim() for number in (0, 1)]
        assert pair[0] == pair[1], column


def check_png(path):
    """A whole PNG: signature, checksums, as many bytes as its size says; gives its size."""
    with open(path, "rb") as file:
        data = file.read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed, size, kinds = 8, b"", None, []
    while at < len(data):
        length, kind = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
        body, check = data[at + 8:at + 8 + length], data[at + 8 + length:at + 12 + length]
        assert int.from_bytes(check, "big") == zlib.crc32(kind + body)
        kinds.append(kind)
        packed += body if kind == b"IDAT" else b""
        size = [int.from_bytes(body[i:i + 4], "big") for i in (0, 4)] if kind == b"IHDR" else size
        at += 12 + length
    assert kinds[-1] == b"IEND" and len(zlib.decompress(packed)) == size[1] * (4 * size[0] + 1)
    return size


def plot(*words, **variables):
    return subprocess.run([sys.executable, SCRIPT, *map(str, words)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=120,
                          env=dict(os.environ, **variables))


def written(outcome):
    assert outcome.returncode == 0, outcome.stderr
    png, svg = outcome.stdout.split()
    assert min(check_png(png)) > 700
    return png, xml.etree.ElementTree.parse(svg).getroot()


def test_files_of_a_real_boot(tmp_path):
    machine = meridian_by_kernel(KERNELS["meridian"], guest_program("guest"), "", "duration=3", cpus=3,
                                 deterministic=True)
    path = tmp_path / "real-boot.log"
    outcome = run(machine.command(), limit_s=patient(60), log_path=str(path))
    assert outcome.state() == "ok", outcome.log.text[-2000:]
    with open(path, "rb") as file:
        series = series_of("real", file.read())
    samples = outcome.log.all("sample")
    assert series.cpus() == [0, 1, 2] and not series.notes
    assert sum(len(series.lines[cpu].at_s) for cpu in range(3)) == len(samples) >= 6
    _, svg = written(plot(path))
    gids = [group.get("id", "") for group in svg.iter(SVG + "g")]
    for panel in PANELS:
        assert sorted(gid for gid in gids if gid.startswith(f"{panel}-log0-cpu")) == [
            f"{panel}-log0-cpu{cpu}" for cpu in range(3)]
    words = " ".join("".join(text.itertext()) for text in svg.iter(SVG + "text"))
    assert "CPU 2" in words and "system time, s" in words and "steps back" in words


def test_the_same_log_gives_the_same_files(tmp_path):
    path = tmp_path / "twice.log"
    path.write_bytes(random_log(3))
    files = []
    for _ in range(2):
        files.append([open(name, "rb").read() for name in plot(path).stdout.split()])
    assert files[0] == files[1] and len(files[0]) == 2


@pytest.mark.parametrize("words, said", [((), "no log named"), (("/no/such.log",), "No such file"),
                                         (("/tmp",), "directory"), (("README.md",), "no @sample"),
                                         (["x"] * 9, "at most 8")])
def test_one_line_says_what_is_wrong(words, said):
    outcome = plot(*words)
    assert outcome.returncode == 64 and said in outcome.stderr and outcome.stdout == ""
    assert outcome.stderr.startswith("plot: ") and outcome.stderr.count("\n") == 1


def test_without_matplotlib_it_says_what_to_install(tmp_path):
    (tmp_path / "matplotlib.py").write_text("raise ImportError('none here')")
    (tmp_path / "x.log").write_bytes(random_log(1))
    outcome = plot(tmp_path / "x.log", PYTHONPATH=str(tmp_path))
    assert outcome.returncode == 64 and "apt install python3-matplotlib" in outcome.stderr
    assert "Traceback" not in outcome.stderr
