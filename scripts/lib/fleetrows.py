"""A log's row in the table of a fleet, and what makes it odd by itself."""

from dataclasses import dataclass, field

from fleetlogs import number, read_boots
from tables import ns_text

# What makes a log odd, the worst first.
CRASHED, UNSAFE, UNSURE, UNTOLD, FAR, SMI, BROKEN = range(7)
FIGURES = ("cpus", "named", "unseen", "watched_s", "offset_ns", "offset_bound_ns", "rate_ppb",
           "rate_bound_ppb", "behind", "smi", "disruptions", "err_ns")
FORM = "1"          # of the `@` lines (docs/lines.md)
CRYSTALS_OFF = ("rtc-off", "reference-off", "one-off")
LONGEST = 100       # of a panic's words
OF_CPU = ("hz", "hz_ppb", "offset_ns", "offset_bound_ns", "smi")


@dataclass
class Row:
    log: str
    machine: str = ""           # vendor and product, as SMBIOS has them; "" if not known
    cpu: str = ""
    firmware: str = ""
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
    """(machine, CPU, firmware), with blanks."""
    line = boot.lines.get("machine", {})
    known = [line[key] for key in ("vendor", "product") if line.get(key, "unknown") != "unknown"]
    early = " ".join(word for word in boot.machine.split() if word != "unknown")
    others = [line.get(key, "unknown") for key in ("cpu", "firmware")]
    others = ["" if name == "unknown" else name.replace("_", " ") for name in others]
    return [" ".join(known).replace("_", " ") or early, *others]


def fill(row, boot):
    row.machine, row.cpu, row.firmware = names(boot)
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


def judge_told(row, boot):
    """What a log owns up to, whatever its verdict is."""
    check = boot.lines.get("check")
    if boot.panic:
        row.because(CRASHED, f"panic: {boot.panic[:LONGEST]}")
    breaches = number(boot.lines.get("verdict"), "breaches")
    if breaches:
        row.because(UNSAFE, f"bounds exceeded: {breaches} times")
    stopped = sum(line.get("state") == "stopped" for line in boot.cpus.values())
    if stopped:
        row.because(UNTOLD, f"CPUs that stopped: {stopped}")
    if check and check.get("crystals") in CRYSTALS_OFF:
        rtc = check.get("rtc_ppb", "unknown")
        row.because(UNTOLD, f"crystals: {check['crystals']}, the RTC by {rtc} ppb")
    if number(check, "misreads"):
        row.because(UNTOLD, f"readings of timers that could not be: {number(check, 'misreads')}")
    dropped = number(boot.lines.get("log"), "dropped")
    if dropped:
        row.because(BROKEN, f"lines that were dropped: {dropped}")
    judge_repair(row, boot.lines.get("repaired", {}))
    judge_stolen(row, boot.stolen)


def judge_repair(row, line):
    """With repair=try. What was repaired was apart before, and is again after the next reset."""
    state = line.get("state", "none")
    if state == "left":
        row.because(UNSAFE, "repair: what was written could not be put back")
    elif state == "done":
        row.because(UNTOLD, f"repair: TSCs written into step: {line.get('cpus', 'unknown')}")
    elif state in ("refused", "put-back"):
        row.because(UNTOLD, f"repair: {state}, {line.get('why', 'unknown')}")


def judge_stolen(row, lines):
    """With stolen=: the CPU from which most was taken at once, if that is long."""
    known = [(number(line, "largest_ns") or 0, number(line, "long") or 0, cpu) for cpu, line in lines.items()]
    largest_ns, long, cpu = max(known, default=(0, 0, 0))
    if long:
        row.because(SMI, f"time stolen from CPU {cpu}: up to {ns_text(largest_ns)}, long gaps: {long}")


def row_of(name, path):
    """Raises Unreadable."""
    boot, boots, unfinished, cut = read_boots(path)
    row = Row(name, boots=boots)
    form = boot.lines.get("meridian", {}).get("lines", FORM)
    if form != FORM:
        row.because(CRASHED, f"its lines have form {form}: this program knows {FORM}")
        return row
    fill(row, boot)
    judge_end(row, boot, cut)
    if "check" in boot.lines:
        judge_check(row, boot.lines["check"])
    judge_told(row, boot)
    if unfinished:
        row.because(BROKEN, f"{unfinished} of {boots - 1} boots before the last without a verdict")
    if boot.broken:
        row.because(BROKEN, f"lines that cannot be read: {boot.broken}")
    return row
