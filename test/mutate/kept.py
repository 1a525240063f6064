"""
What the last run made, for the next one: from what each object was compiled, and how long each test took. All
is told by what the files say, so that only what depends on a change is made and run again.
"""

import hashlib
import json
import os

NAME = "kept.json"


class Kept:
    def __init__(self, place, tree, command):
        """`command`: the compiler and its flags; with others nothing that was kept holds."""
        self.path, self.tree, self.command = os.path.join(place, NAME), tree, command
        self.digests = {}
        self.deps, self.ran = {}, {}
        try:
            with open(self.path, encoding="utf-8") as file:
                found = json.load(file)
        except (OSError, ValueError):
            return
        if found.get("command") == command:
            self.deps, self.ran = found["deps"], found["ran"]

    def save(self):
        """To be called before an object is made: what is kept must be of what it is made from."""
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            json.dump({"command": self.command, "deps": self.deps, "ran": self.ran}, file)
        os.replace(self.path + ".new", self.path)

    def digest(self, names):
        """Of what these files say."""
        whole = hashlib.sha256()
        for name in sorted(names):
            if name not in self.digests:
                try:
                    with open(os.path.join(self.tree, name), "rb") as file:
                        self.digests[name] = hashlib.sha256(file.read()).hexdigest()
                except OSError:
                    self.digests[name] = "none"
            whole.update(f"{name} {self.digests[name]}\n".encode())
        return whole.hexdigest()

    def deps_of(self, path):
        """What the object at `path` is made from, if that says what it said then; else None."""
        names, digest = self.deps.get(path, ((), ""))
        return set(names) if names and self.digest(names) == digest else None

    def note_deps(self, path, names):
        """The object at `path` is to be made again."""
        self.deps[path] = (sorted(names), self.digest(names))
        if os.path.exists(path):
            os.remove(path)

    def digest_of(self, test):
        names = {name for deps in test.deps.values() for name in deps}
        return self.digest(names) + " " + " ".join(test.flags)

    def cpu_s_of(self, test):
        """How long the test took, if it passed and nothing of it has changed; else None."""
        digest, cpu_s = self.ran.get(test.name, ("", 0.0))
        return cpu_s if digest == self.digest_of(test) else None

    def note_ran(self, test):
        self.ran[test.name] = (self.digest_of(test), test.cpu_s)
