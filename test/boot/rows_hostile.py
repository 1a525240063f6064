"""Guests that ask what the ABI answers, call at random, or end in every way they can (test/hostile/)."""

from boot import Row
from emulator import THREAD_EACH
from expect import sound
from hostile import as_on_xen, crashed, ended, fuzzed, probed_to_the_end

CRASHES = [
    ("no-handler", "it has no handler for this exception"),
    ("jump-nowhere", "it has no handler for this exception"),
    ("handlers-nowhere", "its stack cannot be written for the handler's frame"),
    ("stack-in-table", "its stack cannot be written for the handler's frame"),
    ("stack-in-hypervisor", "its stack points into the hypervisor's part"),
    ("iret-to-selector", "its iret loads a selector that is neither a flat one nor one of its own to run on"),
    ("iret-nowhere", "its iret goes to an address or a stack that is not canonical"),
    ("iret-without-stack", "its iret frame cannot be read"),
    ("no-callback", "an event is due and it has set no event callback"),
]

ROWS = [
    # What the ABI answers, with Xen as the judge.
    Row("probe", "kernel", (sound, probed_to_the_end, as_on_xen), guest="probe", cpus=2),
    Row("probe-exact", "exact", (sound, probed_to_the_end), guest="probe", cpus=2, repeat=True),

    # Calls at random; and right ones that race each other.
    Row("fuzz", "exact", (sound, fuzzed(320000)), guest="fuzz", guest_cmdline="seed=1 calls=80000"),
    Row("fuzz-threads", "kernel", (sound, fuzzed(120000)), guest="fuzz",
        guest_cmdline="seed=2 calls=30000", accel=THREAD_EACH),
    Row("fuzz-stress", "kernel", (sound, fuzzed(8000)), guest="fuzz", accel=THREAD_EACH,
        guest_cmdline="seed=3 calls=2000 stress"),

    # Guests that cannot go on, and those that end as they may.
    *[Row(f"crash-{way}", "kernel", (sound, crashed(why)), guest="probe", guest_cmdline=f"crash={way}",
          cpus=1, verdict="fail") for way, why in CRASHES],
    Row("end-all-down", "kernel", (sound, ended("the guest took its last VCPU down")), guest="probe",
        guest_cmdline="crash=all-down", cpus=2),
    Row("end-reboot", "kernel", (sound, ended("the guest asked for a reboot")), guest="probe",
        guest_cmdline="crash=reboot", cpus=1),
]
