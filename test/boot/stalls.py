"""What is done to a running emulator from outside: stopped as a whole, one CPU of it stopped, set back."""

import ctypes
import os
import signal
import subprocess
import time

from monitor import Actor

# ptrace(2): attaching by SEIZE stops nothing; INTERRUPT stops the one thread; DETACH lets it go on.
PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WAIT_ANY_THREAD = 0x40000000    # __WALL: also for a thread that is no child
SNAPSHOT = "before"


def monitor_stop(seconds):
    """QEMU's own stop: its clocks stand still, all of them."""
    def act(actor):
        with actor.commands() as give:
            give("stop")
            time.sleep(seconds)
            give("cont")
    return act


def signal_stop(seconds):
    """The process stops, its clocks run on: as when a host is suspended, or very busy."""
    def act(actor):
        os.kill(actor.pid(), signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            os.kill(actor.pid(), signal.SIGCONT)
    return act


def _thread(pid, name):
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/comm", encoding="ascii") as file:
            if file.read().strip() == name:
                return int(thread)
    raise AssertionError(f"QEMU has no thread called {name}")


def _ptrace(request, thread):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace request {request:#x}")


def _hold(thread, seconds):
    _ptrace(PTRACE_SEIZE, thread)
    try:
        _ptrace(PTRACE_INTERRUPT, thread)
        _, status = os.waitpid(thread, WAIT_ANY_THREAD)
        assert os.WIFSTOPPED(status), f"the thread has not stopped: {status:#x}"
        time.sleep(seconds)
    finally:
        _ptrace(PTRACE_DETACH, thread)


def cpu_stop(cpu, seconds, times):
    """One CPU's thread stops, and again; the others run on. For a thread to each CPU only."""
    def act(actor):
        thread = _thread(actor.pid(), f"CPU {cpu}/TCG")
        for _ in range(times):
            _hold(thread, seconds)
            time.sleep(seconds)
    return act


def command(text):
    """One of the monitor's commands (HMP)."""
    def act(actor):
        with actor.commands() as give:
            give(text)
    return act


def outside(*steps, prepare=None):
    """A row's `outside`: steps are (text in the output, one of the above)."""
    return lambda folder: Actor(folder, steps, prepare)


def threads_named(folder):
    return ["-name", "meridian,debug-threads=on"]


def disk_for_snapshots(folder):
    path = os.path.join(folder, "snapshots.qcow2")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", path, "1M"], check=True)
    return ["-drive", f"if=none,id=snapshots,format=qcow2,file={path}"]


def set_back(save_at, load_at, *between):
    """
    Saved at one text, set back to it at a later one; between the two there may be other steps. Timers go back
    with the memory. The TSC does not, but in the deterministic lane.
    """
    return outside((save_at, command(f"savevm {SNAPSHOT}")), *between,
                   (load_at, command(f"loadvm {SNAPSHOT}")), prepare=disk_for_snapshots)
