"""scripts/fleet: the figures of logs in its table, what it calls odd, and logs that are broken in any way."""

import csv
import io
import json
import os
import random
import re
import subprocess
import sys

import pytest

import fleetlogs
import fleetpeers
import fleetrows
import linespage

SCRIPT = os.path.join("scripts", "fleet")
LOGS = os.path.join("test", "unit", "logs")      # of real boots, shortened
LIMIT_S = 60
LAST = "@verdict "


def real(name, **changes):
    """A log's text; changes are of keys of @check."""
    with open(os.path.join(LOGS, f"{name}.log"), encoding="ascii") as file:
        text = file.read()
    for key, value in changes.items():
        text, found = re.subn(rf"(?m)^(@check .*\b{key}=)\S+", rf"\g<1>{value}", text)
        assert found == 1, key
    return text


def good(**changes):
    """A log with nothing odd: no emulator gives one."""
    return real("exact-bound", **{"linux": "safe", "untried": "none", "smi": 0, **changes})


def written(folder, *texts):
    paths = []
    for n, text in enumerate(texts):
        paths.append(str(folder / f"{n}.log"))
        with open(paths[-1], "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
    return paths


def fleet(*words):
    done = subprocess.run([sys.executable, "-B", SCRIPT, *words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT_S, check=False,
                          env={**os.environ, "PYTHONIOENCODING": "ascii"})
    return done.returncode, done.stdout.decode("ascii"), done.stderr.decode("ascii")


def rows(folder, *texts):
    """Each text's row, in the order of the texts, judged as scripts/fleet does."""
    found = [fleetrows.row_of(path, path) for path in written(folder, *texts)]
    fleetpeers.judge_peers(found)
    return found


def why(folder, text):
    return rows(folder, text)[0].why()


def test_the_figures_are_the_logs(tmp_path):
    status, out, err = fleet("--json", *written(tmp_path, real("timer-dead")))
    (log,) = json.loads(out)["logs"]
    assert (status, err) == (0, "")
    expected = {"machine": "QEMU Standard PC (Q35 + ICH9, 2009)", "cpu": "QEMU TCG CPU version 2.5+",
                "verdict": "in-step", "linux": "unsure", "offset_ns": 555, "offset_bound_ns": 1574,
                "rate_ppb": -19, "rate_bound_ppb": 1343, "smi": None, "watched_s": 5, "named": 4, "unseen": 0,
                "disputed": "hpet", "source": "pmtimer", "result": "ok", "boots": 1}
    assert {key: log[key] for key in expected} == expected
    at_end = re.findall(r"@row cpu=(\d+) .* hz=(\d+) .* offset_ns=(\S+)", real("timer-dead"))
    assert len(at_end) == 4 and at_end == [(str(cpu["cpu"]), str(cpu["hz"]), str(cpu["offset_ns"]))
                                           for cpu in log["each_cpu"]]
    assert log["hz"] == int(at_end[0][1])


def test_csv_has_the_same(tmp_path):
    paths = written(tmp_path, real("timer-dead"), real("trap-page-fault"), good())
    logs = json.loads(fleet("--json", *paths)[1])["logs"]
    table = list(csv.DictReader(io.StringIO(fleet("--csv", *paths)[1])))
    assert len(table) == 3
    for log, row in zip(logs, table):
        del log["each_cpu"]
        log["odd"] = "; ".join(log["odd"])
        assert row == {key: "" if value is None else str(value) for key, value in log.items()}


def test_the_table(tmp_path):
    status, out, _ = fleet(*written(tmp_path, good(), real("bochs-4"), good(offset_ns=-2500000)))
    lines = out.splitlines()
    assert status == 0 and len(lines) == 5
    assert lines[0].split() == ["log", "machine", "verdict", "Linux", "offset", "rate", "MHz", "SMIs", "what",
                                "is", "odd"]
    assert "1.log" in lines[1] and "unknown, unsure for Linux" in lines[1]
    assert any("-2.5 ms +/- 165 ns" in line for line in lines) and lines[-1] == "3 logs, 1 of them odd"


def test_nothing_odd(tmp_path):
    assert why(tmp_path, good()) == []


@pytest.mark.parametrize("name, words", [
    ("timer-dead", "disputed: hpet"), ("timer-dead", "in-step, unsure for Linux"),
    ("exact-bound", "not tried: deep-idle"), ("unseen-never-answers", "1 of 3 CPUs not seen"),
    ("bochs-4", "unknown, unsure for Linux"), ("trap-page-fault", "the run failed: panic")])
def test_what_makes_real_ones_odd(tmp_path, name, words):
    assert words in why(tmp_path, real(name))


def test_a_machine_without_a_name_has_none(tmp_path):
    text = re.sub(r"machine: .*", "machine: no SMBIOS says what it is", real("trap-page-fault"))
    text = re.sub(r"@machine .*\n", "", text)
    assert rows(tmp_path, text)[0].machine == ""


@pytest.mark.parametrize("changes, words", [
    ({"verdict": "drift", "linux": "unsafe"}, "drift, unsafe for Linux"), ({"smi": 3}, "SMIs: 3"),
    ({"named": "unknown", "unseen": "unknown"}, "firmware names no CPUs"),
    ({"disruptions": 2}, "disruptions: 2")])
def test_what_makes_odd(tmp_path, changes, words):
    assert why(tmp_path, good(**changes)) == [words]


CHECK = "\n@check "     # what comes before it in a log


@pytest.mark.parametrize("old, new, words", [
    (" disruptions=0 tsc_", " breaches=2 disruptions=0 tsc_", "bounds exceeded: 2 times"),
    ("cpu=3 apic=3 state=online core", "cpu=3 apic=3 state=stopped core", "CPUs that stopped: 1"),
    ("misreads=0", "misreads=4", "readings of timers that could not be: 4"),
    ("misreads=0", "misreads=0 rtc_ppb=200000 crystals=rtc-off", "crystals: rtc-off, the RTC by 200000 ppb"),
    ("misreads=0", "misreads=0 rtc_ppb=20000 crystals=agree", ""),
    (CHECK, "\n@log dropped=7" + CHECK, "lines that were dropped: 7"),
    (CHECK, "\n@repaired state=done why=stayed cpus=2" + CHECK, "repair: TSCs written into step: 2"),
    (CHECK, "\n@repaired state=refused why=too-far cpus=0" + CHECK, "repair: refused, too-far"),
    (CHECK, "\n@repaired state=left why=not-stayed cpus=1" + CHECK,
     "repair: what was written could not be put back"),
    (CHECK, "\n@repaired state=none why=in-step cpus=0" + CHECK, ""),
    (CHECK, "\n@stolen cpu=0 long=1 largest_ns=160000\n@stolen cpu=2 long=12 largest_ns=1873000" + CHECK,
     "time stolen from CPU 2: up to 1.9 ms, long gaps: 12"),
    (CHECK, "\n@stolen cpu=0 long=0 largest_ns=149000" + CHECK, ""),
    (CHECK, "\nMeridian panic: page fault" + CHECK, "panic: page fault"),
    ("@meridian lines=1", "@meridian lines=2", "its lines have form 2: this program knows 1")])
def test_what_a_log_owns_up_to(tmp_path, old, new, words):
    text = re.sub(r" breaches=\d+", "", good())
    assert text.count(old) == 1, old
    assert why(tmp_path, text.replace(old, new)) == ([words] if words else [])


def test_keys_are_those_of_the_page():
    """One that is renamed would be looked for in vain."""
    page = linespage.documented()
    for word, keys in {"check": (*fleetrows.FIGURES, "crystals", "rtc_ppb", "misreads", "untried"),
                       "verdict": ("breaches",), "log": ("dropped",), "repaired": ("state", "why", "cpus"),
                       "stolen": ("cpu", "long", "largest_ns"), "machine": ("firmware",)}.items():
        assert set(keys) <= page[word], word


def test_another_firmware_than_most(tmp_path):
    other = good().replace("firmware=SeaBIOS", "firmware=Another")
    found = rows(tmp_path, *(good() for _ in range(4)), other)
    assert [len(row.odd) for row in found] == [0] * 4 + [1]
    assert re.fullmatch(r"firmware Another.*, where 4 of 5 such machines have SeaBIOS.*", found[-1].why()[0])
    assert not any(row.odd for row in rows(tmp_path, *(good() for _ in range(2)), other, other))


def test_a_crash_has_what_was_known_before(tmp_path):
    (row,) = rows(tmp_path, real("trap-page-fault"))
    assert row.machine == "QEMU Standard PC (Q35 + ICH9, 2009)" and row.hz == 2596120089
    assert (row.figures["offset_ns"], row.figures["offset_bound_ns"]) == (-84, 205)
    early = real("trap-page-fault").split("acpi:")[0]
    (row,) = rows(tmp_path, early)      # before @machine: the line for people names it
    assert row.machine == "QEMU Standard PC (Q35 + ICH9, 2009)" and row.hz is None
    assert row.why() == ["no verdict: crashed, or cut; its last line for programs is @meridian"]


def test_the_worst_come_first(tmp_path):
    drift = good(verdict="drift", linux="unsafe")
    texts = [good(), good(smi=9), good(disputed="hpet"), real("exact-bound"), drift, good().split(LAST)[0],
             good(verdict="changed", linux="unsafe", disruptions=1)]
    paths = written(tmp_path, *texts)
    logs = json.loads(fleet("--json", *paths)[1])["logs"]
    assert [paths.index(log["log"]) for log in logs] == [5, 6, 4, 3, 2, 1, 0]


@pytest.mark.parametrize("changes, begins", [
    ({"offset_ns": -900, "offset_bound_ns": 100}, "offset 900 ns, where the median of 9 such machines is"),
    ({"rate_ppb": -4000, "rate_bound_ppb": 300}, "rate 4000 ppb, where the median of 9 such machines is"),
    ({"smi": 600}, "SMIs 3600.0 a minute, where the median of 9 such machines is")])
def test_far_from_the_others(tmp_path, changes, begins):
    usual = [good(offset_ns=n - 4, rate_ppb=3 - n, smi=20 + n) for n in range(8)]
    found = rows(tmp_path, *usual, good(**{"smi": 24, **changes}))
    assert [len(row.odd) for row in found] == [0] * 8 + [1]
    assert found[-1].why()[0].startswith(begins)


def test_a_frequency_far_from_the_others(tmp_path):
    def beats(hz):
        return re.sub(r"(@row cpu=0 .* hz=)\d+", rf"\g<1>{hz}", good())

    found = rows(tmp_path, *(beats(2592000000 + 9000 * n) for n in range(8)), beats(2599000000))
    assert [row.why() for row in found[:-1]] == [[]] * 8
    assert found[-1].why() == ["frequency 2599000000 Hz, where the median of 9 such machines "
                                "is 2592036000 Hz"]


def test_what_its_bound_explains_is_not_far(tmp_path):
    usual = [good(offset_ns=2) for _ in range(8)]
    assert rows(tmp_path, *usual, good(offset_ns=900, offset_bound_ns=950))[-1].why() == []


def test_other_machines_are_no_measure(tmp_path):
    other = [good().replace("product=Standard", "product=Other") for _ in range(8)]
    assert rows(tmp_path, *other, good(offset_ns=900, offset_bound_ns=10))[-1].why() == []
    ticks = good(offset_ns=900, offset_bound_ns=10, unit="ticks")
    assert rows(tmp_path, *(good() for _ in range(8)), ticks)[-1].why() == []


def test_a_few_odd_ones_do_not_hide_one_another(tmp_path):
    far = [good(offset_ns=10**6 * (n + 1)) for n in range(4)]
    found = rows(tmp_path, *(good(offset_ns=n) for n in range(9)), *far)
    assert [len(row.odd) for row in found] == [0] * 9 + [1] * 4


def test_of_several_boots_the_last_counts(tmp_path):
    crashed = real("trap-page-fault").split("Meridian panic")[0]
    (row,) = rows(tmp_path, real("timer-dead") + crashed + good())
    assert row.boots == 3 and row.why() == ["1 of 2 boots before the last without a verdict"]
    (row,) = rows(tmp_path, good() + crashed)
    assert row.boots == 2 and row.verdict == "none" and row.why()[0].startswith("no verdict: crashed, or cut")
    (row,) = rows(tmp_path, good() + good().replace("Meridian: a", "Mer\x80idian: a"))
    assert row.boots == 2 and row.why() == []
    silent = good() + "Meridian: a hypervisor that keeps time\n"
    assert why(tmp_path, silent) == ["no verdict: crashed, or cut"]


def test_cut_anywhere(tmp_path):
    """No figure of a cut line is believed, and no cut log is called in order."""
    text, whole = good(), rows(tmp_path, good())[0]
    end = text.index("\n", text.index("\n" + LAST) + 1)
    for length in [*range(0, end, 7), *range(end - 300, end + 1)]:
        (row,) = rows(tmp_path, text[:length])
        assert row.odd and row.odd[0][0] == fleetrows.CRASHED, length
        for key, value in row.figures.items():
            early = key.startswith("offset_") and row.verdict == "none"     # by @cpu
            assert early or value in (None, whole.figures[key]), length
    assert rows(tmp_path, text[:end])[0].why() == [
        "no verdict: cut within a line; its last line for programs is @check"]
    assert rows(tmp_path, text[:end + 1])[0].why() == []


def test_a_verdict_is_the_last_line(tmp_path):
    """What comes after it is of a boot that lost its beginning."""
    assert why(tmp_path, good() + "@cpu id=0 apic=0 state=online\n") == [
        "no verdict: crashed, or cut; its last line for programs is @cpu"]


def test_terminals_and_carriage_returns(tmp_path):
    text = good().replace("\n", "\r\n").replace("@check", "\x1b[0m\x1b[2J@check")
    assert why(tmp_path, text) == [] and rows(tmp_path, text)[0].figures["offset_ns"] == 3


def test_empty_and_foreign(tmp_path):
    for text in ("", "\n", "GRUB loading\n", bytes(range(256)) * 64, b"\xff" * (1 << 20), b"\n" * 4096):
        assert why(tmp_path, text)[0] == "nothing of Meridian's in it", text[:20]


def test_figures_that_cannot_be(tmp_path):
    for word in ("9" * 20, "9" * 30, "1e9", "-", "0x10", "9" * 900, "1_0"):
        (row,) = rows(tmp_path, good(offset_ns=word, smi=word, cpus=word))
        assert [row.figures[key] for key in ("offset_ns", "smi", "cpus")] == [None] * 3, word
    (row,) = rows(tmp_path, good().replace("@row cpu=3", f"@row cpu={10**15}"))
    assert row.why() == ["lines that cannot be read: 1"]


def test_names_do_not_steer_a_terminal(tmp_path):
    folder = tmp_path / "a\x1b[31m\n\udcff"
    folder.mkdir()
    text = good().replace("product=Standard", "product=\x07\x1b]0;x\x07\xffStandard" + "x" * 400)
    for form in ([], ["--json"], ["--csv"]):
        status, out, err = fleet(*form, *written(folder, text), str(folder / "none"))
        assert status == 66 and all(" " <= c <= "~" or c == "\n" for c in out + err)
        assert err.count("\n") == 1 and err.endswith("none: No such file or directory\n")


def test_a_name_is_no_formula(tmp_path):
    text = re.sub(r"vendor=\S+", '=HYPERLINK("x")'.join(("vendor=", "")), good(offset_ns=-3))
    text = re.sub(r" cpu=\S+ cpus", " cpu=@SUM(A1) cpus", text)
    (row,) = csv.DictReader(io.StringIO(fleet("--csv", *written(tmp_path, text))[1]))
    assert row["machine"].startswith("'=HYP") and row["cpu"] == "'@SUM(A1)" and row["offset_ns"] == "-3"


def test_what_cannot_be_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (path,) = written(tmp_path, good())
    status, out, err = fleet("--json", str(tmp_path / "none"), path, str(tmp_path), str(tmp_path / "pipe"))
    found = json.loads(out)
    assert status == 66 and [log["log"] for log in found["logs"]] == [path]
    assert [log["why"] for log in found["unreadable"]] == [
        "No such file or directory", "a folder: name the logs in it", "no regular file"]
    assert len(err.splitlines()) == 3 and all(line.startswith("fleet: /") for line in err.splitlines())
    assert "1 logs, 0 of them odd; 1 could not be read" in fleet(path, str(tmp_path))[1]


@pytest.mark.parametrize("words", [[], ["--xml", "a"], ["--json", "--csv", "a"], ["--"]])
def test_asked_for_nonsense(words):
    status, out, err = fleet(*words)
    assert status == 64 and out == "" and err.startswith("fleet: ") and err.count("\n") == 1


PIECES = (b"\n@", b"\n@check ", b"=", b"-", b"\n\x1b[", b" smi=7", b"\n@row cpu=4095 ",
          b"\n@verdict result=ok\n", b"\nMeridian: a hypervisor that keeps time\n")


def mutated(dice, data):
    data = bytearray(data)
    for _ in range(dice.randint(1, 12)):
        at, size = dice.randrange(len(data) + 1), dice.choice((1, 1, 2, 8, 60, 900))
        kind = dice.randrange(5)
        if kind == 0:
            del data[at:at + size]
        elif kind == 1:
            data[at:at] = dice.randbytes(size)
        elif kind == 2:
            data[at:at + size] = dice.randbytes(min(size, len(data) - at))
        elif kind == 3:
            data[at:at] = data[at - size:at] * dice.randint(1, 3) if at >= size else b"@"
        else:
            data[at:at] = dice.choice(PIECES)
    return bytes(data)


@pytest.mark.parametrize("seed", range(4))
def test_broken_in_any_way(tmp_path, seed):
    """Never an error, and always a table of one row a log, which every form can print."""
    dice = random.Random(seed)
    sources = [real(name).encode() for name in ("exact-bound", "timer-dead", "trap-page-fault", "bochs-4")]
    texts = [mutated(dice, dice.choice(sources)) for _ in range(200)]
    found = rows(tmp_path, *texts)
    assert len(found) == 200 and any(row.verdict == "in-step" for row in found)
    for row in found:
        assert row.verdict != "none" or row.odd
    paths = [row.log for row in found]
    for form in ([], ["--json"], ["--csv"]):
        status, out, err = fleet(*form, *paths)
        assert (status, err) == (0, "") and out.count(".log") == 200


def test_each_log_is_read_once_and_lines_are_short(tmp_path, monkeypatch):
    read = {}

    class Counted:
        def __init__(self, path):
            self.path, self.file = path, open(path, "rb")
            assert path not in read
            read[path] = 0

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def readline(self, most):
            assert 0 < most <= 1 << 16
            data = self.file.readline(most)
            read[self.path] += len(data)
            return data

    monkeypatch.setattr(fleetlogs, "open", lambda path, _: Counted(path), raising=False)
    texts = [good(), good() * 3, "@check " + "x" * 100000 + "\n" + good(), real("bochs-4")]
    found = rows(tmp_path, *texts)
    assert list(read.values()) == [len(text) for text in texts]
    assert found[2].figures["offset_ns"] == 3
