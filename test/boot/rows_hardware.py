"""
Hardware as it is: a row for each trap that real machines have set others (docs/hardware.md lists them all,
with the rows and unit tests). What is odd is said in a line, and time goes on as if nothing were.
"""

from boot import Row
from expect import (all_vcpus, bounded, cpus_online, exact_hz, never_back, one_line, sound, undisturbed)
from rows_bochs import at_ips
from rows_cpus import says

GOOD = (sound, all_vcpus, never_back, undisturbed, bounded, one_line)
SHORT = {"seconds": 1, "guest_cmdline": "quiet"}

# QEMU as if it were no emulator: SMAP off, since on Debian's a guest's IRETQ faults with it.
METAL = "max,-hypervisor,-smap,-smep"
SPINNING = r"cpu: no ARAT on \d+ CPUs: .*"
MTRRS = r"cpu: MTRRs of \d+ CPUs differ .*"
NAMES = ("type=0,vendor=Phoenix,version=R1ET63WW", "type=1,manufacturer=Acme,product=Rocket 9",
         "type=2,manufacturer=Acme,product=Launch Pad")
NAMED = "machine: Acme Rocket 9, board Launch Pad, firmware Phoenix R1ET63WW"


def smbios(*structures):
    def arguments(folder):
        return [word for structure in structures for word in ("-smbios", structure)]
    return arguments


def asked(row, log):
    """CPUID's word on the TSC's rate is shown, with how far it is off, and not believed (at_ips)."""
    lines = {line["leaf"]: line.number("off_ppb") for line in log.all("cpuid")}
    assert set(lines) == {"15h", "16h"}, f"leaves shown: {sorted(lines)}"
    assert all(off_ppb > 10**9 for off_ppb in lines.values()), f"off by {lines} ppb: Bochs' are made up"
    (art,) = log.all("art")
    hz = art.number("crystal_hz") * art.number("numerator") // art.number("denominator")
    assert [line.number("hz") for line in log.all("cpuid") if line["leaf"] == "15h"] == [hz], f"{art}: {hz}"


def rows_say(key, *values):
    """What stands on the @row line of each CPU."""
    def said(row, log):
        found = tuple(line[key] for line in log.all("row"))
        assert found == values, f"{key}: {found}"
    return said


def smis_on(cpu):
    """That CPU's count went up about once a second, and no other's; the end has their sum."""
    def counted(row, log):
        counts = [line.number("smi") for line in log.all("row")]
        assert counts[cpu] >= row.seconds - 1 and sum(counts) == counts[cpu], f"smi: {counts}"
        assert log.all("check")[0].number("smi") == counts[cpu]
    return counted


def facts(**counts):
    """How many CPUs have what."""
    def counted(row, log):
        line = log.all("facts")[0]
        found = {key: line.number(key) for key in counts}
        assert found == counts, f"@facts {found}"
    return counted


def exact(name, *expect, **settings):
    return Row(name, "exact", GOOD + (exact_hz,) + expect, **{**SHORT, "cpus": 3, **settings})


def metal(name, *expect, **settings):
    """As if there were no hypervisor: nobody knows then that CPUs take turns, and meetings are too wide."""
    good = tuple(look for look in GOOD if look is not one_line)
    return Row(name, "exact", good + (exact_hz,) + expect, **{**SHORT, "cpus": 3, **settings})


QUIRKY = smbios("type=1,manufacturer=Meridian,product=quirk test: nosmp")
ALONE = r"smp: this is a quirk test: it asks for it; the boot CPU is used alone \(maxcpus=3 uses all\)"
X10SDV = r"smp: this is a Supermicro X10SDV: .*; the boot CPU is used alone \(maxcpus=3 uses all\)"


def sold(seller, product, maker, board):
    """One machine under its seller's name, on a board of another's; with 3 CPUs."""
    named = smbios(f"type=1,manufacturer={seller},product={product}",
                   f"type=2,manufacturer={maker},product={board}")
    return lambda folder: named(folder) + ["-smp", "3"]


ROWS = [
    # A CPU whose alarms may stop in HLT is not sent there. A hypervisor's timer is software, and goes on.
    metal("hw-arat-missing", says(
        "cpu: no ARAT on 3 CPUs: alarms may stop in HLT, so they idle by spinning"),
          facts(cpus=3, arat=0, mtrrs_differ=2, smi_counted=0), cpu_model=METAL + ",-arat"),
    exact("hw-arat-virtual", says(never=(SPINNING, MTRRS)), facts(arat=3, mtrrs_differ=0),
          cpu_model="max,-arat"),
    # QEMU forgets MTRRs at INIT, so that woken CPUs have none.
    metal("hw-mtrrs-differ", says(
        "cpu: MTRRs of 2 CPUs differ from the boot CPU's, CPU1's first: update the firmware",
        never=(SPINNING,)), cpu_model=METAL),
    exact("hw-hybrid-cores", rows_say("core", "P", "E", "P"), facts(p_cores=2, e_cores=1), kernel="cpus",
          cmdline="cpufault=hybrid@1"),

    # Where CPUs count their SMIs, the count of each is followed.
    exact("hw-smi-counted", smis_on(1), facts(smi_counted=3), kernel="cpus", cmdline="cpufault=smis@1",
          seconds=3),

    # One board crashes whatever you do: by the table of quirks, unless somebody insists.
    exact("hw-board-nosmp", says(ALONE), cpus_online(1), cpus=1,
          firmware=lambda folder: QUIRKY(folder) + ["-smp", "3"]),
    exact("hw-board-nosmp-overruled", says(never=(ALONE,)), cpus_online(3), firmware=QUIRKY,
          cmdline="maxcpus=3"),

    # Sold under another name it is the same board; it is another's if its maker is another.
    exact("hw-board-sold", says(X10SDV, "machine: SomeSeller Appliance 100, "
                                        "board Supermicro X10SDV-4C-TLN4F, firmware .*"),
          cpus_online(1), cpus=1,
          firmware=sold("SomeSeller", "Appliance 100", "Supermicro", "X10SDV-4C-TLN4F")),
    exact("hw-board-sold-blanks", says(X10SDV), cpus_online(1), cpus=1,
          firmware=sold("SomeSeller", "Appliance 100", " Supermicro ", "  X10SDV-4C-TLN4F ")),
    exact("hw-board-of-another", says(never=(X10SDV,)), cpus_online(3),
          firmware=sold("Supermicro", "Super Server", "SomeMaker", "X10SDV-4C-TLN4F")),

    # What the machine is called, in the BIOS's memory; by UEFI's tables: uefi-1.
    exact("smbios-kernel", says(NAMED), firmware=smbios(*NAMES)),

    # No keyboard at all, and not even its controller: every key's port reads 0xff.
    exact("hw-no-keyboard", machine="q35,i8042=off"),

    # Bochs' CPU speaks of 2.4 GHz; its TSC runs at 20 MHz. It is called an Intel CPU, and has no SMI counter:
    # the MSR faults, and that is the answer.
    Row("hw-cpuid-rates-untrue", "bochs", GOOD + (at_ips, asked, facts(invariant_tsc=1)), cpus=1,
        limit_s=120, **SHORT),
    Row("hw-smi-count-absent", "bochs", GOOD + (at_ips, rows_say("smi", "unknown", "unknown")), cpus=2,
        limit_s=120, bochs={"cpu_options": ", ignore_bad_msrs=0"}, **SHORT),
]
