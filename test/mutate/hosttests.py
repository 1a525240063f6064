"""
The host tests in a copy of the tree: which of them see a file, built object by object so that a change costs
only what depends on it, and run under limits. HOST_CC and HOST_CFLAGS come from the Makefile.
"""

import glob
import os
import re
import resource
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field

COPIED = ("hv", "include", "guest", "test", "build/font")
CC = os.environ.get("HOST_CC", "gcc")
# -g is for people, and nobody debugs a mutant; what it does to warnings is not looked at.
FLAGS = [flag for flag in shlex.split(os.environ.get("HOST_CFLAGS", "")) if flag != "-g"] + ["-w"]
PLAIN = ["-std=gnu11", "-O2", "-w", "-Ihv", "-Iinclude", "-Itest/unit"] + \
    [flag for flag in FLAGS if flag.startswith("-D")]
CPU_FACTOR, CPU_EXTRA_S = 4, 4  # of CPU time, which a busy machine does not make longer
WALL_S = 300
LOG_BYTES = 4 << 20


@dataclass
class Test:
    name: str
    sources: list
    flags: list
    cpu_s: float = 0.0
    deps: dict = field(default_factory=dict)    # of each source: the files it was compiled from


@dataclass(frozen=True)
class Outcome:
    ok: bool
    failed: tuple = ()  # cmocka's names; of a test that ended the process the one that ran
    how: str = ""
    cpu_s: float = 0.0


def copy_tree(root, place):
    for part in COPIED:
        if os.path.isdir(os.path.join(root, part)):
            shutil.copytree(os.path.join(root, part), os.path.join(place, part), dirs_exist_ok=True)


def group(root, name):
    """The sources that a word without a slash stands for (test/unit/groups)."""
    with open(os.path.join(root, "test", "unit", "groups"), encoding="utf-8") as file:
        words = [word for line in file if line.startswith(f"{name}: ") for word in line.split()[1:]]
    return [os.path.relpath(path, root) for word in words
            for path in sorted(glob.glob(os.path.join(root, word)))]


def sources_of(root, words):
    return [source for word in words for source in ([word] if "/" in word else group(root, word))]


def read_test(root, path):
    """A test's first line names its sources, its second may name flags (Makefile)."""
    with open(os.path.join(root, path), encoding="utf-8") as source:
        first, second = source.readline(), source.readline()
    sources = re.match(r"/\* sources: *(.*?) *\*/", first)
    flags = re.match(r"/\* flags: *(.*?) *\*/", second)
    if not sources:
        return None
    sources = [path] + sources_of(root, sources.group(1).split())
    return Test(os.path.basename(path)[:-2], list(dict.fromkeys(sources)),
                flags.group(1).split() if flags else [])


def find_tests(root):
    names = sorted(name for name in os.listdir(os.path.join(root, "test/unit"))
                   if re.fullmatch(r"test_\w+\.c", name))
    return [test for test in (read_test(root, f"test/unit/{name}") for name in names) if test]


def compile_flags(test, source):
    """The time core sees nothing of a test's stand-ins: its objects are the same for all of them."""
    flags = [flag for flag in test.flags if not flag.startswith(("-l", "-Wl"))]
    if source.startswith("hv/time/") and "-include" in flags:
        at = flags.index("-include")
        del flags[at:at + 2]
    return flags


def limited(cpu_s):
    def limit():
        os.nice(15)
        resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s) + 1, int(cpu_s) + 2))
        resource.setrlimit(resource.RLIMIT_FSIZE, (LOG_BYTES, LOG_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return limit


def words(log):
    """(failed tests, the last one begun) of cmocka's output."""
    failed = re.findall(r"^\[  FAILED  \] (?!\d+ test)(.+?)(?:,.*)?$", log, re.M)
    began = re.findall(r"^\[ RUN      \] (.+)$", log, re.M)
    return tuple(dict.fromkeys(failed)), began[-1] if began else ""


class Bench:
    """One copy of the tree, and the objects and programs made from it."""

    def __init__(self, place, objects):
        self.tree, self.objects = os.path.join(place, "tree"), objects
        self.own = os.path.join(place, "objects")
        self.changed = set()

    def object_path(self, test, source, folder):
        flags = "_".join(re.sub(r"\W", "", flag) for flag in compile_flags(test, source))
        return os.path.join(folder, flags or "plain", source + ".o")

    def compile(self, test, source, folder):
        path = self.object_path(test, source, folder)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        new = path + ".new"     # a run that is broken off leaves no half of an object
        if self.call([CC, *FLAGS, *compile_flags(test, source), "-c", source, "-o", new])[0]:
            return False
        os.replace(new, path)
        return True

    def call(self, command):
        """(status, output)"""
        done = subprocess.run(command, cwd=self.tree, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, preexec_fn=limited(300),
                              encoding="utf-8", errors="replace")
        return done.returncode, done.stdout

    def read_deps(self, test, kept):
        """Fills in what each source is made from. False: something is missing there."""
        for source in test.sources:
            path = self.object_path(test, source, self.objects)
            test.deps[source] = kept.deps_of(path)
            if test.deps[source] is None:
                status, text = self.call([CC, *FLAGS, *compile_flags(test, source), "-MM", source])
                if status:
                    return False
                names = text.replace("\\\n", " ").split()[1:]
                test.deps[source] = {os.path.normpath(name) for name in names if not name.startswith("/")}
                kept.note_deps(path, test.deps[source])
        return True

    def sees(self, test):
        return any(deps & self.changed for deps in test.deps.values())

    def build(self, test, done):
        """`done`: objects made already since the change. The program's path, or None."""
        objects = []
        for source in test.sources:
            touched = bool(test.deps[source] & self.changed)
            folder = self.own if touched else self.objects
            path = self.object_path(test, source, folder)
            made = path in done if touched else os.path.exists(path)
            if not made and not self.compile(test, source, folder):
                return None
            done.add(path)
            objects.append(path)
        program = os.path.join(self.own, test.name)
        os.makedirs(self.own, exist_ok=True)
        linked = self.call([CC, *FLAGS, *test.flags, *objects, "-lcmocka", "-lm", "-o", program])
        return program if linked[0] == 0 else None

    def run(self, test, program, cpu_s=None):
        """`cpu_s`: its limit; usually some times what it took on the tree as it is."""
        log_path = program + ".log"
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_s = cpu_s or test.cpu_s * CPU_FACTOR + CPU_EXTRA_S
        how = ""
        with open(log_path, "wb") as log:
            try:
                status = subprocess.run([program], cwd=self.tree, stdin=subprocess.DEVNULL, stdout=log,
                                        stderr=subprocess.STDOUT, check=False, timeout=WALL_S,
                                        preexec_fn=limited(cpu_s)).returncode
            except subprocess.TimeoutExpired:
                status, how = None, "no end"
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        with open(log_path, encoding="utf-8", errors="replace") as log:
            failed, began = words(log.read())
        if status in (-24, -9):  # SIGXCPU, SIGKILL
            how = "no end"
        elif status and not how:
            how = "failed" if failed else "ended the process"
        return Outcome(status == 0, failed or ((began,) if status != 0 else ()), how,
                       after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    def change(self, texts):
        """Writes {file: text} into the tree; these files count as changed from now on."""
        for file, text in texts.items():
            with open(os.path.join(self.tree, file), "w", encoding="utf-8") as out:
                out.write(text)
        self.changed = set(texts)

    def plain_object(self, test, source, path):
        """Without instrumentation, for comparing code. False: does not compile."""
        flags = [flag for flag in compile_flags(test, source) if not flag.startswith("-O")]
        return self.call([CC, *PLAIN, *flags, "-c", source, "-o", path])[0] == 0
