"""
What people see, held against what the log says to programs: every figure, the verdict in large letters, the
plots that move, and the QR code, on each display and without one.
"""

import re

import bad_modules as bad
from bochs import IPS
from boot import Row
from curves import find_plot
from emulator import DETERMINISTIC
from marks import large_word, read_qr
from rows_inject import SECONDS_APART, S as SECOND, words
from sights import BOUNDS, OFFSETS, TITLES, Shown, plots_of

# ---- Figures ----

def place_of(screen, cpu):
    """Where that CPU's row begins: (row, column); pages turn, so it may be another's turn."""
    for row, line in enumerate(screen.lines()):
        found = re.match(rf"[ *+!?x] *(CPU{cpu}) +\d", line)
        if found:
            return row, found.start(1)
    return None


def row_of(screen, cpu):
    place = place_of(screen, cpu)
    return screen.lines()[place[0]] if place else None


def places(value, unit, count):
    """A whole number of small units with so many places; the last may have been cut or rounded."""
    scale = unit // 10**count
    cut, rounded = value // scale, (value + scale // 2) // scale
    return {f"{whole // 10**count}.{whole % 10**count:0{count}d}" for whole in (cut, rounded)}


def figures_of(line):
    """What the row of an @row line must have: for each figure its ways to be written."""
    offset = line.number("offset_ns")
    yield "MHz", places(line.number("hz"), 10**6, 3)
    yield "ppm", places(line.number("hz_ppb"), 1000, 3)
    yield "offset", {f"{offset:+d}", str(offset)}
    yield "bound", {line["offset_bound_ns"]}
    yield "apic", {line["apic"]}
    yield "source", {line["source"]}
    yield "behind", {line["behind"]}
    if line["smi"] != "unknown":
        yield "smi", {line["smi"]}


def tokens(text):
    return set(re.findall(r"[+-]?\d+(?:\.\d+)?|[a-z]+", text.replace("±", " ")))


def rows_agree(sight):
    """Figure by figure, for each CPU."""
    rows = sight.log.all("row")
    assert len(rows) == sight.row.cpus, f"{len(rows)} @row lines"
    for line in rows:
        cpu = line["cpu"]
        shown = sight.live.wait_screen(f"a row for CPU{cpu}", lambda screen: row_of(screen, cpu))
        text = row_of(shown, cpu)
        for name, ways in figures_of(line):
            assert ways & tokens(text), f"CPU{cpu}: {name} is none of {ways}: {text}"


def only_rows(sight):
    """The QR code, which takes turns with them on a small screen, is asked for and sent away for good."""
    sight.live.wait_screen("the table", heading)
    sight.live.give("sendkey q")
    sight.live.wait_screen("the QR code", read_qr)
    sight.live.give("sendkey q")
    sight.live.wait_screen("the table again", heading)


def heading(screen):
    return next((line for line in screen.lines() if re.match(r"  .* MHz ±ppm ", line)), None)


def socket_row(screen, socket):
    """That socket's row: (state, CPUs, worst CPU, figures)."""
    pattern = rf"([*+!?x]) S{socket['id']} +x(\d+) +CPU(\d+) +(.*)"
    return next(filter(None, (re.match(pattern, line) for line in screen.lines())), None)


def sockets_agree(sight):
    """By a key there is a row for each socket, with its worst CPU; by another each one's CPUs are shown."""
    rows, sockets = sight.log.all("row"), sight.log.all("socket")
    of = {line["id"]: line["socket"] for line in sight.log.all("cpu")}
    only_rows(sight)
    sight.live.give("sendkey s")
    shown = sight.live.wait_screen("a row for each socket", lambda screen: (
        all(socket_row(screen, socket) for socket in sockets)))
    assert f"{sight.row.cpus} CPUs in {len(sockets)} sockets" in shown.text()
    for socket in sockets:
        _, cpus, worst, figures = socket_row(shown, socket).groups()
        assert (cpus, worst) == (socket["cpus"], socket["worst"]), f"{socket}: x{cpus}, CPU{worst}"
        offset = rows[int(worst)].number("offset_ns")
        assert {f"{offset:+d}", str(offset)} & tokens(figures), f"{offset} is not in {figures}"
        own = [row.number("offset_ns") for row in rows if of[row["cpu"]] == socket["id"]]
        assert len(own) == int(cpus) and abs(offset) == max(map(abs, own)), f"{socket}: of {own} {offset}"
    for socket in sockets:
        sight.live.give("sendkey spc")
        wanted = {cpu for cpu in of if of[cpu] == socket["id"]}
        sight.live.wait_screen(f"socket {socket['id']} with CPUs {sorted(wanted)}", lambda screen: (
            (heading(screen) or "").startswith(f"  in S{socket['id']} ") and
            {cpu for cpu in of if row_of(screen, cpu)} == wanted))


def worst_is(cpu):
    """That CPU is the worst of its socket, and farthest apart both from one in it and from one elsewhere."""
    def worst(sight):
        lines = sight.log.all("apart")
        assert [line["pair"] for line in lines] == ["within", "between"], f"{lines}"
        assert cpu in [socket.number("worst") for socket in sight.log.all("socket")]
        of = {line["id"]: line["socket"] for line in sight.log.all("cpu")}
        for line in lines:
            assert line.number("ahead") == cpu, f"{line}"
            assert (of[line["behind"]] == of[str(cpu)]) == (line["pair"] == "within"), f"{line}"
            offsets = [row.number("offset_ns") for row in sight.log.all("row")]
            assert offsets[cpu] - offsets[line.number("behind")] == line.number("offset_ns"), f"{line}"
    return worst


def header_agrees(sight):
    """Version, machine, processor, firmware: as the log has them, blanks for underscores."""
    (machine,) = sight.log.all("machine")
    text = sight.last.text()
    for key in ("version", "vendor", "product", "firmware", "cpu"):
        name = machine[key].replace("_", " ")
        assert name in text, f"{key}: no {name!r} on the screen"


# ---- The verdict ----

def says(verdict, linux=None):
    def said(sight):
        check = sight.check()
        assert check["verdict"] == verdict, f"verdict={check['verdict']}"
        assert linux in (None, check["linux"]), f"linux={check['linux']}"
    return said


def large_agrees(sight):
    title = large_word(sight.last, TITLES.values())
    assert title == TITLES[sight.check()["verdict"]], f"in large letters: {title}"


def running(text):
    """Words, one blank between two, however lines were broken."""
    return " ".join(text.split())


def words_agree(sight):
    """What is meant and what it means for Linux stand there in full, as in the log."""
    shown = running(sight.last.text())
    said = re.findall(r"^check: (.*)$", sight.log.text, re.M)
    assert len(said) == 2, f"{len(said)} sentences in the log"
    for sentence in said:
        # Another column may stand beside it: line by line each piece must be there.
        missing = [word for word in sentence.split() if word not in shown]
        assert not missing, f"not on the screen: {missing} of {sentence!r}"


# ---- The QR code ----

def code_agrees(sight):
    (line,) = sight.log.all("qr")
    text = line["text"].replace("_", " ")
    for codes in sight.codes():
        assert codes == [text], f"QR code: {codes}, not {text!r}"


def code_has_the_figures(sight):
    """It carries what @check says: a report from a machine without a serial port has them."""
    (line,), check = sight.log.all("qr"), sight.check()
    said = line["text"].replace("_", " ")
    offset, rate = (f"{check.number(key):+d}+-{check[bound].replace('unknown', '-')}" for key, bound in
                    (("offset_ns", "offset_bound_ns"), ("rate_ppb", "rate_bound_ppb")))
    named, unseen = check["cpus" if check["named"] == "unknown" else "named"], check.number("unseen")
    seen = f"{int(named) - unseen}/{named}" if unseen else named
    for piece in (f" {check['verdict'].upper()} ", f" LINUX:{check['linux'].upper()} ",
                  f" CPUS:{seen} ", f" S:{check['watched_s']} ", f" OFF:{offset} ",
                  f" PPB:{rate} ", f" BEHIND:{check['behind']} ", f" DIS:{check['disruptions']} "):
        assert piece in said, f"{piece!r} is not in the QR code: {said}"


# ---- The log alone ----

def told(sight):
    """Without a display too: every CPU each second, its row at the end, and the worst of them in @check."""
    cpus, check = sight.row.cpus, sight.check()
    samples = {(line.number("n"), line.number("cpu")) for line in sight.log.all("sample")}
    wanted = {(n, cpu) for n in range(1, sight.row.seconds) for cpu in range(cpus)}
    assert wanted <= samples, f"no @sample of (n, cpu) {sorted(wanted - samples)}"
    rows = sight.log.all("row")
    assert [line.number("cpu") for line in rows] == list(range(cpus)), f"{len(rows)} @row lines"
    offsets = [line.number("offset_ns") for line in rows]
    worst = check.number("offset_ns")
    assert worst in offsets and abs(worst) == max(map(abs, offsets)), f"of {offsets} @check has {worst}"
    bounds = [line.number("offset_bound_ns") for line in rows]
    assert check.number("offset_bound_ns") == max(bounds), f"of {bounds} {check['offset_bound_ns']}"
    assert check.number("watched_s") >= sight.row.seconds - 1
    assert sight.log.all("machine")[0].number("cpus") == check.number("cpus") == cpus


# ---- Plots ----

MOMENT_S = 0.3      # the last one that is drawn may be so old


def ink_of(screen, cpu):
    """A CPU's colour: that of its name in its row."""
    place = place_of(screen, cpu)
    assert place, f"no row for CPU{cpu}"
    return screen.rows[place[0]][place[1]].fore


def drawn(sight, title):
    """The plot as it stays at the end, with the screen it is on."""
    screen = sight.live.wait_settled(f"the plot {title!r}", lambda screen: find_plot(screen, title))
    return screen, find_plot(screen, title)


def lag_of(plot, rate_ppb):
    """What a TSC of that rate may have gained since the last moment that is drawn, in ns."""
    return abs(rate_ppb) * (plot.seconds_of_dot() + MOMENT_S)


def offsets_drawn(sight):
    """At its end each CPU's line is where its last figure says, or another's that hides it."""
    screen, plot = drawn(sight, OFFSETS)
    over = set()
    for line in reversed(sight.log.all("row")):
        samples = [one for one in sight.log.all("sample") if one["cpu"] == line["cpu"]]
        rate, offset = samples[-1].number("rate_ppb"), line.number("offset_ns")
        # An offset near 0 jitters from moment to moment, within its bound.
        slack = lag_of(plot, rate) if abs(rate) > 1000 else line.number("offset_bound_ns")
        over.add(ink_of(screen, line["cpu"]))
        heights = [y for ink in over for y in plot.heights(ink, plot.end(*plot.inks()))]
        off = min((abs(plot.at(y) - offset) for y in heights), default=None)
        assert off is not None and off <= slack + 1.5 * plot.value_of_dot(), \
            f"CPU{line['cpu']}: {offset} ns, drawn {off} ns beside it (slack {slack})"


def slopes_drawn(sight):
    """A TSC that runs at a rate of its own is a slope, and called fast or slow."""
    screen, plot = drawn(sight, OFFSETS)
    sloping = 0
    for line in sight.log.all("sample")[-sight.row.cpus:]:
        rate, ink = line.number("rate_ppb"), ink_of(screen, line["cpu"])
        if abs(rate) < 10000:
            continue
        end = plot.end(ink)
        first, last = (plot.heights(ink, x) for x in (0, end))
        assert first and last, f"CPU{line['cpu']}: a line without its ends"
        climbed, should = plot.at(last[0]) - plot.at(first[0]), rate * end * plot.seconds_of_dot()
        assert abs(climbed - should) <= lag_of(plot, rate) + 2 * plot.value_of_dot(), \
            f"CPU{line['cpu']}: {rate} ppb is drawn as {climbed} ns, not {should}"
        text = row_of(screen, line["cpu"])
        assert ("fast" if rate > 0 else "slow") in tokens(text), f"{rate} ppb, and its row: {text}"
        sloping += 1
    assert sloping, "no TSC has a rate of its own"


def bound_narrows(sight):
    """The last CPU's line, which no other hides, falls to what its row says."""
    screen, plot = drawn(sight, BOUNDS)
    line = sight.log.all("row")[-1]
    ink = ink_of(screen, line["cpu"])
    first, last = (plot.heights(ink, x) for x in (0, plot.end(ink)))
    assert first and last and first[0] < last[-1], f"from {first} to {last}: it does not fall"
    off = plot.at_log(last[-1]) / line.number("hz_ppb")
    dot = (plot.top / plot.bottom) ** (1.5 / (len(plot.dots) - 1))
    # The bound of a quarter second before may have been another.
    assert 1 / dot / 1.5 < off < dot * 1.5, f"{line['hz_ppb']} ppb is drawn as {plot.at_log(last[-1])}"


def plots_move(sight):
    """Between two looks while it measures, both plots; what names the machine stays."""
    for early, late in zip(plots_of(sight.early), plots_of(sight.late)):
        assert early.dots != late.dots, "a plot that does not move"
        assert len(late.inks()) == sight.row.cpus, f"{len(late.inks())} colours for {sight.row.cpus} CPUs"
    names = [screen.lines()[0].split("  ")[:2] for screen in (sight.early, sight.late)]
    assert names[0] == names[1], f"the first line was {names[0]} and became {names[1]}"


def no_blinking(sight, screen=None):
    """A bright background is none on VGA."""
    count = sum(cell.blinks for row in (screen or sight.last).rows for cell in row)
    assert not count, f"{count} cells blink"


def stolen_agrees(sight):
    """What was found of stolen time stands there in full, as in the log."""
    (said,) = re.findall(r"^stolen: (Time was stolen: .*)$", sight.log.text, re.M)
    shown = running(sight.last.text())
    missing = [word for word in said.split() if word not in shown]
    assert not missing and "9 of 150 us or more; one each 1000.0 ms, one each 300.0 ms" in shown, \
        f"not on the screen: {missing} of {said!r}"


SHOWN = (told, rows_agree, header_agrees, large_agrees, words_agree, code_has_the_figures)
CODE = (code_agrees,)
IN_STEP = (says("in-step"),)
VBE = {"cpus": 2, "seconds": 2}
PORTRAIT = ("-vga", "none", "-device", "VGA,edid=on,xres=800,yres=1280")
STEAM_DECK = ("-smbios", "type=1,manufacturer=Valve,product=Jupiter")


def vbe(mode, *qemu):
    row = Row(f"screen-vbe-{mode}", "iso-bios", (), prepare=f"set gfxpayload={mode}", **VBE)
    return Shown(row, "pixels", SHOWN + CODE, qemu=qemu)


def code_alone(sight):
    """Without a serial port the screen is all there is: its two ways to tell agree."""
    photo, cells = sight.codes()
    assert photo == cells and len(photo) == 1, f"QR code: {photo}, {cells}"
    verdict = next(name for name, title in TITLES.items() if title == large_word(sight.last, TITLES.values()))
    assert photo[0].startswith("MERIDIAN ") and f" {verdict.upper()} LINUX:" in photo[0], photo[0]
    assert f" CPUS:{sight.row.cpus} " in photo[0], photo[0]
    no_blinking(sight, sight.live.wait_screen("the QR code", read_qr))


SCREENS = [
    # One boot for each kind of display.
    Shown(Row("screen-uefi", "iso-uefi", (), cpus=4, seconds=12, counts=True, limit_s=120), "pixels",
          IN_STEP + SHOWN + CODE + (plots_move, offsets_drawn, bound_narrows)),
    Shown(Row("screen-text", "iso-bios", (), cpus=4, seconds=4), "text",
          IN_STEP + SHOWN + CODE + (bound_narrows, no_blinking)),
    vbe("640x480x16"), vbe("1024x768x24"),
    vbe("2560x1600x32", "-vga", "none", "-device", "VGA,vgamem_mb=64"),     # twice as large
    # A panel on its side, by option and by what the machine is called; another display there is not.
    Shown(Row("screen-rotated", "iso-uefi", (), cmdline="rotate=270", limit_s=120, **VBE), "pixels",
          SHOWN + CODE, rotated=270, qemu=PORTRAIT),
    Shown(Row("screen-rotated-product", "iso-uefi", (), limit_s=120, **VBE), "pixels", SHOWN + CODE,
          rotated=90, qemu=PORTRAIT + STEAM_DECK),
    Shown(Row("screen-product-upright", "iso-bios", (), prepare="set gfxpayload=800x600x32", **VBE), "pixels",
          SHOWN, qemu=STEAM_DECK),
    # More CPUs than rows: pages turn by themselves.
    Shown(Row("screen-pages", "kernel", (), cpus=12, seconds=3), "text", (rows_agree, large_agrees)),
    # One row a socket where there are more CPUs than rows: by turns, and by keys. By its name only.
    Shown(Row("screen-sockets", "exact", (), kernel="inject", cmdline=words("skew", 13 * (0,) + (SECOND,)),
              cpus=16, seconds=3, limit_s=120, beside=True), "text", (worst_is(13), sockets_agree),
          qemu=("-smp", "16,sockets=4,cores=2,threads=2")),
    # The second of eight is apart as a whole, but for what a core in it has of its own.
    Shown(Row("screen-64-in-8", "iso-bios", (), kernel="inject", prepare="set gfxpayload=1280x1024x32",
              cmdline=words("skew", 8 * (0,) + 3 * (SECOND,) + (SECOND + 5000,) + 4 * (SECOND,)), cpus=64,
              seconds=3, limit_s=240), "pixels", (worst_is(11), sockets_agree, code_agrees),
          qemu=("-smp", "64,sockets=8,cores=4,threads=2", *DETERMINISTIC)),
    # TSCs out of step on purpose (test/faults/inject.c).
    Shown(Row("screen-skew", "kernel", (), kernel="inject", cmdline=words("skew", SECONDS_APART),
              seconds=5), "text",
          (says("in-parallel", "unsafe"),) + SHOWN + CODE + (offsets_drawn, no_blinking)),
    Shown(Row("screen-rate", "kernel", (), kernel="inject", cmdline="rate=0,200,-200,0"), "text",
          (says("drift", "unsafe"),) + SHOWN + CODE + (offsets_drawn, slopes_drawn)),
    # Time that is stolen from all CPUs (test/faults/thief.c), 150 us each second and 40 us each 300 ms.
    Shown(Row("screen-stolen", "exact", (), kernel="cpus", cmdline="stolen=9 steals=150:1000000,40:300000",
              limit_s=120), "text", SHOWN + (stolen_agrees,)),
    # A CPU without TSC_ADJUST, which would tell who wrote. The code comes after 10 s only, and is VGA text's.
    Shown(Row("screen-bochs", "bochs", (), kernel="inject", cmdline=words("tsc", (3 * IPS, 0)), cpus=2,
              bochs={"cpu_model": "ryzen"}, limit_s=90), "text", (says("in-parallel", "unsafe"),) + SHOWN),
    # Without a display, and without a serial port.
    Shown(Row("screen-none", "kernel", (), cpus=2), "none", IN_STEP + (told,), qemu=("-vga", "none")),
    Shown(Row("screen-no-serial", "iso-bios", (), cpus=2), "text", (code_alone,), serial=False),
]


def in_graphics(name, **settings):
    row = Row(f"screen-{name}", "iso-bios", (), prepare="set gfxpayload=800x600x16", cpus=2, verdict="fail",
              **settings)
    return Shown(row, "pixels", ())


# What stops Meridian is to be read on a framebuffer too: the log from one of its lines to another.
FAILURES = [
    (in_graphics("panic", kernel="traps", cmdline="trap=pagefault@1"), "Meridian panic: page fault at ",
     "Meridian: halted"),
    (in_graphics("refused", module=bad.bytes_of(b"no kernel" * 99)), "guest: refused: it is not an ELF file",
     "The run is over"),
]


def body(screen):
    """All of its characters: where a line was too long it goes on."""
    return "".join(cell.char or "?" for row in screen.rows for cell in row)


def reads(screen, log, start):
    """The log's lines for people from the one that begins so, each of them whole."""
    lines = log.text[log.text.index("\n" + start):].splitlines()
    wanted = [line for line in lines if line and not line.startswith("@")]
    return [line for line in wanted if line.rstrip() not in body(screen)] == []
