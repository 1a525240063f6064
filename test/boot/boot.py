"""From a row of the table to a boot and its outcome. Logs stay under build/test/logs/."""

import os
import tempfile
from dataclasses import dataclass, field, replace

from atlines import xen_is_done
from emulator import ONE_THREAD, run
from load import busy_loops, patient, slowness
from machines import meridian_by_iso, meridian_by_kernel, meridian_by_net, meridian_on_bochs, xen
from mailbox import mailbox
from monitor import Injector
from truth import court, no_court

LOGS = os.path.join("build", "test", "logs")
BUSY = 2    # times slower than alone: more than our own tests beside one another make it
KERNELS = {"meridian": "build/meridian.elf", "test": "build/test/meridian.elf",
           "traps": "build/test/traps.elf", "cpus": "build/test/cpus.elf",
           "inject": "build/test/inject.elf", "timers": "build/test/timers.elf",
           "wall": "build/test/wall.elf", "display": "build/test/display.elf",
           "clang": "build/clang/meridian.elf"}
GUESTS = {"guest": "build/guest.elf", "foreign": "build/foreign.elf", "clang": "build/clang/guest.elf",
          "probe": "build/probe.elf", "fuzz": "build/fuzz.elf"}


def guest_program(name):
    """Those without a name of their own are test/guests/."""
    return GUESTS.get(name, f"build/guests/{name}.elf")


@dataclass(frozen=True)
class Row:
    """
    One boot. lane: iso-bios, iso-uefi, iso-uefi32, net-bios, net-uefi, net-uefi32, kernel (QEMU's loader),
    exact (the same, deterministic), bochs, xen, xen-exact.
    medium: what an iso lane's image is, or a net lane's card (emulator.py). bochs: settings of bochs.py's;
    prepare: on a disc, a command of GRUB's to run first.
    menu_s: on a disc or by network, GRUB's menu waits so many seconds; 0: there is none (scripts/iso).
    expect: functions of expect.py, called with (row, log). load: busy loops beside it.
    firmware: called with a folder to write to, gives QEMU's arguments that bring odd firmware tables.
    module: called with a folder to write to, gives the module's path in the guest's place; "": none.
    cpu_model, memory: QEMU's -cpu and -m. wall_rate: so fast goes the RTC, but in the exact lane.
    serials: where QEMU's serial ports go, COM1's first (emulator.py).
    inject: (text, command, count): when the text has appeared, QEMU's monitor gets the command so often.
    outside: called with a folder, gives a monitor.Actor, which does to the machine what it does.
    truth: the host's clock is sampled beside it, and log.truth(log) is what the judge says of its records.
    Where the guest has the word mailbox it is asked through its memory: log.answers (mailbox.py).
    verdict: ok, fail, or any. leaves: "off" or "reset" where a good run must end so (emulator.py).
    repeat: boots twice, the second time with nothing done from outside, and wants the same output.
    beside: too long for every run: only by its name.
    counts: it is expected to have seen so much in its seconds; on a busy host it runs for longer.
    limit_s: more than it takes on an idle host; twice that is waited, and longer on a busy one.
    """

    name: str
    lane: str
    expect: tuple
    cpus: int = 4
    seconds: int = 3
    cmdline: str = ""
    guest_cmdline: str = ""
    guest: str = "guest"
    kernel: str = "meridian"
    machine: str = "q35"
    medium: str = "cd"
    prepare: str = ""
    menu_s: int = 0
    bochs: dict = field(default_factory=dict)
    accel: str = ONE_THREAD
    firmware: object = None
    module: object = None
    cpu_model: str = "max"
    memory: str = "512M"
    serials: tuple = ("stdio",)
    inject: tuple = ()
    outside: object = None
    truth: bool = False
    load: int = 0
    wall_rate: float = 1
    verdict: str = "ok"
    leaves: str = "exit"
    repeat: bool = False
    beside: bool = False
    counts: bool = False
    limit_s: int = 60

    def on_xen(self):
        return self.lane.startswith("xen")

    def words_for_guest(self):
        return f"duration={self.seconds} {self.guest_cmdline}".strip()


def in_time(row):
    """
    The row as it is to be booted on a host as busy as this one: what is expected of it stays, what it is
    given to do so grows.
    """
    slow = slowness()
    if not row.counts or slow < BUSY:
        return row
    return replace(row, seconds=round(row.seconds * slow), limit_s=row.limit_s + round(row.seconds * slow))


def machine(row, folder):
    programs = (KERNELS[row.kernel], row.module(folder) if row.module else guest_program(row.guest))
    words = (row.cmdline, row.words_for_guest())
    if row.lane == "bochs":
        log = os.path.join(LOGS, f"{row.name}-bochs.log")
        return meridian_on_bochs(folder, *programs, *words, prepare=row.prepare, timeout_s=row.menu_s,
                                 cpus=row.cpus, log=log,
                                 leaves=row.leaves, **row.bochs)
    settings = {"cpus": row.cpus, "accel": row.accel}
    if row.lane in ("xen", "xen-exact"):
        return xen(programs[1], words[1], cmdline=row.cmdline, deterministic=row.lane == "xen-exact",
                   **settings)
    settings.update(serials=row.serials, machine=row.machine, cpu_model=row.cpu_model, memory=row.memory,
                    leaves=row.leaves, wall_rate=row.wall_rate)
    if row.firmware:
        settings["extra"] = row.firmware(folder)
    if row.lane.startswith("iso-"):
        firmware = row.lane.removeprefix("iso-")
        iso = os.path.join(folder, "meridian.iso")
        return meridian_by_iso(iso, *programs, *words, firmware=firmware, medium=row.medium,
                               prepare=row.prepare, timeout_s=row.menu_s, **settings)
    if row.lane.startswith("net-"):
        return meridian_by_net(os.path.join(folder, "net"), *programs, *words, timeout_s=row.menu_s,
                               firmware=row.lane.removeprefix("net-"), medium=row.medium, **settings)
    if row.lane in ("kernel", "exact"):
        return meridian_by_kernel(*programs, *words, deterministic=row.lane == "exact", **settings)
    raise ValueError(f"row {row.name}: no lane is called {row.lane}")


def boot(row, suffix="", extra=()):
    """Boots the row's machine once, with more arguments of QEMU's; gives its Outcome and the log's path."""
    path = os.path.join(LOGS, f"{row.name}{suffix}.log")
    os.makedirs("build/test", exist_ok=True)
    row = in_time(row)
    with tempfile.TemporaryDirectory(prefix="boot.", dir="build/test") as folder, busy_loops(row.load), \
            court(os.path.join(LOGS, f"{row.name}{suffix}.host")) if row.truth else no_court() as witness, \
            mailbox(folder, row.memory) as box:
        booted, watchers, actor = machine(row, folder), [witness.see, box.see], None
        if "mailbox" in row.guest_cmdline.split():
            booted.extra.extend(box.arguments)
        if extra:
            booted.extra.extend(extra)
        if row.inject:
            injector = Injector(folder, *row.inject)
            booted.extra.extend(injector.arguments)
            watchers.append(injector.see)
        if row.outside:
            actor = row.outside(folder)
            booted.extra.extend(actor.arguments)
            watchers.append(actor.see)

        # Xen stays up when its guest is gone.
        stop_at = xen_is_done if row.on_xen() else booted.is_over

        def show(text):
            for see in watchers:
                see(text)
        outcome = run(booted.command(), limit_s=patient(row.limit_s), log_path=path, stop_at=stop_at,
                      show=show)
        booted.settle(outcome)
        outcome.log.truth, outcome.log.answers = witness.judge, box.close()
    assert not (actor and actor.left()), f"{row.name}: nothing was done, for want of: {actor.left()}"
    return outcome, path

