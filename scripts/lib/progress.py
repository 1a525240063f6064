"""
How far a long command is, and how long it will still take: the last line of the terminal, while it runs.
Where stderr is no terminal there is nothing of it.
"""

import sys
import threading

try:
    import tqdm
except ImportError:     # not on this system: the commands run without it
    tqdm = None

EACH_S = 1.0
FORMAT = "{desc} {percentage:3.0f}%|{bar}| {elapsed} gone, {remaining} left"


def wanted():
    return tqdm is not None and sys.stderr.isatty()


def say(text, file=None):
    """A line (to stdout, if no file is named), above the progress if there is one."""
    file = file or sys.stdout
    if wanted():
        tqdm.tqdm.write(text, file=file)
        file.flush()
    else:
        print(text, file=file, flush=True)


class Progress:
    """
    `with Progress("sim", 100) as progress: ...`; the total is in whatever is told by advance(). With
    `by_time` it is the seconds that all takes, and these go by by themselves.
    """

    def __init__(self, what, total, done=0, by_time=False):
        self.bar = None
        if not wanted():
            return
        # Of an average over all that was done: the parts of our commands differ a lot.
        self.bar = tqdm.tqdm(desc=what, total=total, initial=done, smoothing=0, dynamic_ncols=True,
                             leave=False, bar_format=FORMAT, file=sys.stderr)
        self.by_time = by_time
        self.ended = threading.Event()
        self.ticker = threading.Thread(target=self._tick, daemon=True)
        self.ticker.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _tick(self):
        """Time goes on where nothing else does."""
        while not self.ended.wait(EACH_S):
            if self.by_time:
                self.bar.n = min(self.bar.format_dict["elapsed"], 0.99 * self.bar.total)
            self.bar.refresh()

    def advance(self, amount=1, what=""):
        if self.bar is None:
            return
        if what:
            self.bar.set_description_str(what, refresh=False)
        self.bar.update(amount)
        self.bar.refresh()

    def close(self):
        if self.bar is None:
            return
        self.ended.set()
        self.ticker.join()
        self.bar.close()
        self.bar = None
