"""
What was not looked at is told, and rules out "safe": CPUs that firmware calls ready and that were not
measured to the end, and a trial that was not made. Where that matters the emulator is Bochs. It promises an
invariant TSC and sleeps deeply, so its machine is safe when all of it was seen (unseen-none).
"""

from boot import Row
from expect import bounded, check_says, never_back, sound
from firmware_tables import ONLINE_CAPABLE, cpu, cpu_x2, fadt, hpet, madt
from rows_cpus import says
from rows_firmware import SOCKETS, tables

RUNS = (sound, never_back, bounded)


def in_step(unseen, of, untried="none", linux="unsure"):
    """In @check, in the words, in the QR code."""
    def told(row, log):
        check_says("in-step", linux=linux, option="none", unseen=str(unseen), named=str(of),
                   untried=untried)(row, log)
        (code,) = log.all("qr")
        seen = f"{of - unseen}/{of}" if unseen else str(of)
        found = f"_CPUS:{seen}{'' if untried == 'none' else '_UNTRIED:IDLE'}_S:"
        assert found in code["text"], f"{found} is not in {code['text']}"
        words = f"{unseen} of this machine's {of} CPUs were not measured to the end"
        assert (words in log.text) == (unseen > 0), f"{words}: {unseen}"
    return told


def bochs(name, *expect, cpus=3, **settings):
    return Row(f"unseen-{name}", "bochs", RUNS + expect,
               **{"cpus": cpus, "seconds": 5, "limit_s": 200, "guest_cmdline": "quiet",
                  "bochs": {"ips": 10000000}, **settings})


def named(name, table, unseen, of, *expect, cpus=4):
    """Firmware's own table on QEMU, which promises no invariant TSC."""
    return Row(f"unseen-{name}", "exact", RUNS + (in_step(unseen, of, "deep-idle"), *expect), cpus=cpus,
               machine=SOCKETS, seconds=4, guest_cmdline="quiet", firmware=tables(fadt(), table, hpet()))


PLACES = [cpu(0xff, flags=0)] * 44 + [cpu_x2(0xffffffff, flags=0)] * 50 + [cpu(77, flags=ONLINE_CAPABLE)] * 2

ROWS = [
    bochs("none", in_step(0, 3, linux="safe")),
    bochs("never-answers", in_step(1, 3), says("smp: 2 CPUs online"), kernel="cpus",
          cmdline="cpufault=never@1"),
    bochs("unmeasured", in_step(1, 3), says("CPU 1 is left out: its TSC cannot be measured"), kernel="cpus",
          cmdline="cpufault=unmeasured@1"),
    bochs("by-option", in_step(2, 3, "deep-idle"), cmdline="nosmp"),
    bochs("idle-off", in_step(0, 3, "deep-idle"), cmdline="idle=off"),
    # More CPUs than there are; than this mode of the APIC reaches; and places for more, as on most machines.
    named("two-of-six", madt(*(cpu(n) for n in range(6))), 2, 6,
          says("cpu: APIC id 4 did not answer within 1 s: left out")),
    named("id-too-large", madt(cpu(0), cpu(1), cpu(2), cpu_x2(0x1000), cpu(3)), 1, 5,
          says("cpu: APIC id 4096 cannot be reached in xAPIC mode: left out")),
    named("places", madt(*PLACES[:60], cpu(0), cpu(1), cpu(2), cpu(3), *PLACES[60:]), 0, 4,
          says("acpi: 4 CPUs; 96 other entries only keep places, as is usual")),
    # No table names any: there may be more than this one.
    Row("unseen-nobody-says", "exact", RUNS + (
        check_says("in-step", linux="unsure", named="unknown", unseen="0"),
        says(r"check: .* Firmware names no CPUs: there may be more\.")), cpus=1, machine="q35", seconds=4,
        guest_cmdline="quiet", cmdline="acpi=off", firmware=lambda folder: ["-bios", "qboot.rom"]),
]
