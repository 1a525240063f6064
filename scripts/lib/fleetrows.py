"""A log's row in the table of a fleet, and what makes it odd by itself."""

from dataclasses import dataclass, field

from fleetlogs import number, read_boots

# What makes a log odd, the worst first.
CRASHED, UNSAFE, UNSURE, UNTOLD, FAR, SMI, BROKEN = range(7)
FIGURES = ("cpus", "named", "unseen", "watched_s", "offset_ns", "offset_bound_ns", "rate_ppb",
           "rate_bound_ppb", "behind", "smi", "disruptions", "err_ns")
OF_CPU = ("hz", "hz_ppb", "offset_ns", "offset_bound_ns", "smi")


@dataclass
class Row:
    log: str
    machine: str = ""           # vendor and product, as SMBIOS has them; "" if not known
    cpu: str = ""
    verdict: str = "none"
    linux: str = "unknown"
    result: str = "none"        # of @verdict
    reason: str = "none"
    unit: str = "ns"            # of the offset
    mode: str = ""
    source: str = ""
    disputed: str = "none"
    hz: int = None              # the boot CPU's
    hz_ppb: int = None
    figures: dict = field(default_factory=lambda: dict.fromkeys(FIGURES))
    cpu_rows: list = field(default_factory=list)
    boots: int = 1
    odd: list = field(default_factory=list)     # (rank, words)

    def because(self, rank, words):
        self.odd.append((rank, words))

    def place(self):
        """The worst first; of equals the one with more against it; then by name."""
        ranks = sorted(rank for rank, _ in self.odd)
        return (not ranks, ranks[:1], -len(ranks), self.log)

    def why(self):
        return [words for _, words in sorted(self.odd, key=lambda item: item[0])]


def names(boot):
    """(machine, CPU), with blanks."""
    line = boot.lines.get("machine", {})
    known = [line[key] for key in ("vendor", "product") if line.get(key, "unknown") != "unknown"]
    early = " ".join(word for word in boot.machine.split() if word != "unknown")
    cpu = line.get("cpu", "")
    return " ".join(known).replace("_", " ") or early, "" if cpu == "unknown" else cpu.replace("_", " ")


def fill(row, boot):
    row.machine, row.cpu = names(boot)
    check, clock = boot.lines.get("check", {}), boot.lines.get("clock", {})
    row.figures = {key: number(check, key) for key in FIGURES}
    for key in ("verdict", "linux", "unit", "disputed", "mode", "source"):
        setattr(row, key, check.get(key) or clock.get(key) or getattr(row, key))
    for cpu, line in sorted(boot.cpus.items()):
        row.cpu_rows.append({"cpu": cpu, "state": line.get("state", ""),
                             **{key: number(line, key) for key in OF_CPU}})
    first = boot.cpus.get(0)
    row.hz, row.hz_ppb = number(first, "hz"), number(first, "hz_ppb")
    if row.hz is None:
        row.hz = number(clock, "hz")
    if not check:           # a crash: what was known when time began
        apart = [cpu for cpu in row.cpu_rows if cpu["offset_ns"] is not None]
        worst = max(apart, key=lambda cpu: abs(cpu["offset_ns"]), default={})
        row.figures.update({key: worst.get(key) for key in ("offset_ns", "offset_bound_ns")})


def judge_end(row, boot, cut):
    end = boot.verdict()
    if end:
        row.result, row.reason = end["result"], end.get("reason", "none")
    if not boot.begun and not boot.last_word:
        row.because(CRASHED, "nothing of Meridian's in it")
    elif not end:
        last = f"; its last line for programs is @{boot.last_word}" if boot.last_word else ""
        row.because(CRASHED, f"no verdict: {'cut within a line' if cut else 'crashed, or cut'}{last}")
    elif row.result == "fail":
        row.because(CRASHED if row.reason == "panic" else UNSAFE, f"the run failed: {row.reason}")
    elif "check" not in boot.lines:
        row.because(UNSURE, "its TSCs were not judged: no @check")


def judge_check(row, check):
    if row.linux == "unsafe":
        row.because(UNSAFE, f"{row.verdict}, unsafe for Linux")
    elif (row.verdict, row.linux) != ("in-step", "safe"):
        row.because(UNSURE, f"{row.verdict}, {row.linux} for Linux")
    figures = row.figures
    if figures["unseen"]:
        row.because(UNTOLD, f"{figures['unseen']} of {figures['named'] or 'its'} CPUs not seen")
    elif check.get("named") == "unknown":
        row.because(UNTOLD, "firmware names no CPUs")
    if check.get("untried", "none") != "none":
        row.because(UNTOLD, f"not tried: {check['untried']}")
    if row.disputed != "none":
        row.because(UNTOLD, f"disputed: {row.disputed}")
    if figures["disruptions"]:
        row.because(UNTOLD, f"disruptions: {figures['disruptions']}")


def row_of(name, path):
    """Raises Unreadable."""
    boot, boots, unfinished, cut = read_boots(path)
    row = Row(name, boots=boots)
    fill(row, boot)
    judge_end(row, boot, cut)
    if "check" in boot.lines:
        judge_check(row, boot.lines["check"])
    if unfinished:
        row.because(BROKEN, f"{unfinished} of {boots - 1} boots before the last without a verdict")
    if boot.broken:
        row.because(BROKEN, f"lines that cannot be read: {boot.broken}")
    return row
