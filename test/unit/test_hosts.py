"""
The simulator on several computers: every seed counts exactly once, and the sum is that of one computer, to
the byte. The computers are folders; a stand-in for ssh does there what it is told.
"""

import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time

import checks
import parts
import pytest

SIM = "build/sim"
SEEDS = 24
WISH = (f"--runs={SEEDS}", "--seed=5", "--table=no")
LIMIT_S = 200

# ssh [-o option]... host [--] command: `refusing` is not there; at its second part `stuck` stands still, and
# `dying` goes in the midst of it.
SSH = """\
    #!/bin/bash
    while [[ $1 = -* ]]; do [[ $1 = -o ]] && shift; shift; done
    host=$1
    shift
    [[ $1 = -- ]] && shift
    export HOME=PLACE/$host
    cd "$HOME" || exit 255
    [[ $host = refusing || -e dead ]] && { echo "ssh: $host: No route to host" >&2; exit 255; }
    [[ $* = *GNU_Parallel_worker* ]] || exec sh -c "$*"
    echo run >>runs
    [[ $host = stuck && $(wc -l <runs) = 2 ]] && touch standing && exec sleep 1000
    if [[ $host = dying && $(wc -l <runs) -ge 2 ]]; then
        touch dead
        sh -c "$*" | head -n 3
        echo cut >>cut
        exit 255
    fi
    sh -c "$*" | tee -a ran
    exit "${PIPESTATUS[0]}"
    """


@pytest.fixture(scope="module")
def one():
    """What one process says of all seeds, one after the other; no parts."""
    why = checks.built(SIM)
    if why:
        pytest.fail(why, pytrace=False)
    return subprocess.run([SIM, *WISH], stdout=subprocess.PIPE, text=True, check=True).stdout


def computers(tmp_path, *names):
    ssh = tmp_path / "ssh"
    ssh.write_text(textwrap.dedent(SSH).replace("PLACE", str(tmp_path)), encoding="utf-8")
    ssh.chmod(0o755)
    for name in names:
        (tmp_path / name).mkdir()
    return {**checks.environment(), "PARALLEL_SSH": str(ssh)}


def command(tmp_path, *hosts, wish=WISH):
    line = [sys.executable, "-B", "scripts/sim", f"--parts={tmp_path}/parts", *wish]
    if hosts:
        (tmp_path / "hosts").write_text("\n".join(("# the computers", *hosts, "")), encoding="utf-8")
        line.append(f"--hosts={tmp_path}/hosts")
    return line


def run(line, environment=None):
    return subprocess.run(line, env=environment or checks.environment(), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=LIMIT_S,
                          check=False)


def begun(tmp_path, host):
    """The first seeds of the parts that this computer ran to their end."""
    with open(tmp_path / host / "ran", encoding="utf-8") as text:
        return [part.key[0] for part in parts.read(text) if isinstance(part, parts.Part) and part.whole]


def test_this_computer(one, tmp_path):
    done = run(command(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, one, "")


def test_two_slots(one, tmp_path):
    done = run(command(tmp_path, "2/:"))
    assert (done.returncode, done.stdout) == (0, one), done.stderr


def test_two_computers(one, tmp_path):
    done = run(command(tmp_path, "1/one", "1/other"), computers(tmp_path, "one", "other"))
    assert (done.returncode, done.stdout, done.stderr) == (0, one, "")
    assert begun(tmp_path, "one") and begun(tmp_path, "other")
    assert sorted(begun(tmp_path, "one") + begun(tmp_path, "other")) == list(range(5, 5 + SEEDS, 4))
    # The simulator went there, and away again.
    assert not glob.glob(f"{tmp_path}/*/.meridian-sim*")


def test_no_environment(one, tmp_path):
    """As on a build server that sets neither SHELL nor HOME."""
    there = computers(tmp_path, "one")
    bare = {name: there[name] for name in ("PATH", "PARALLEL_SSH")}
    done = run(command(tmp_path, "1/one"), bare)
    assert (done.returncode, done.stdout, done.stderr) == (0, one, "")


def test_one_dies_in_the_middle(one, tmp_path):
    done = run(command(tmp_path, "1/good", "1/dying", "1/refusing"),
               computers(tmp_path, "good", "dying", "refusing"))
    assert (done.returncode, done.stdout) == (0, one), done.stderr
    assert (tmp_path / "dying" / "cut").exists()
    assert len(begun(tmp_path, "dying")) == 1
    assert sorted(begun(tmp_path, "good") + begun(tmp_path, "dying")) == list(range(5, 5 + SEEDS, 4))


def test_all_are_gone(one, tmp_path):
    done = run(command(tmp_path, "1/refusing"), computers(tmp_path, "refusing"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "6 of 6 parts did not come, among them the seeds 5 to 8" in done.stderr
    assert "No route to host" in done.stderr
    # It goes on as soon as there is one.
    done = run(command(tmp_path, "1/:"))
    assert (done.returncode, done.stdout) == (0, one)


def test_interrupted_and_resumed(one, tmp_path):
    """By Ctrl-C once a part has come; that one is damaged meanwhile."""
    line = command(tmp_path, "1/stuck")
    first = subprocess.Popen(line, env=computers(tmp_path, "stuck"), stdin=subprocess.DEVNULL,
                             start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True)
    until = time.monotonic() + LIMIT_S
    while not ((tmp_path / "stuck" / "standing").exists() and glob.glob(f"{tmp_path}/parts/*/*.part")) and \
            time.monotonic() < until:
        time.sleep(0.01)
    os.killpg(first.pid, signal.SIGINT)
    said = first.communicate(timeout=LIMIT_S)[0]
    assert first.returncode == 130 and "the same command goes on from there" in said
    [there] = glob.glob(f"{tmp_path}/parts/*/*.part")
    with open(there, "r+", encoding="utf-8") as part:
        part.truncate(os.path.getsize(there) - 1)
    done = run(command(tmp_path, "1/:"))
    assert (done.returncode, done.stdout) == (0, one)


def test_slurm_tasks(one, tmp_path):
    """Two of three tasks; the third one's share is run at the end."""
    for task in (1, 3):
        slurm = {"SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_COUNT": "3",
                 "PARTS": f"{tmp_path}/parts", "RUNS": str(SEEDS), "SEED": "5"}
        assert run(["sh", "scripts/sim-slurm"], {**checks.environment(), **slurm}).returncode == 0
    done = run(command(tmp_path))
    assert (done.returncode, done.stdout) == (0, one)
    assert done.stderr.startswith("sim: 16 machines have run before")


@pytest.fixture(scope="module", name="texts")
def part_texts(one):
    assert one
    return [subprocess.run([SIM, "--part", f"--seed={seed}", "--runs=4"], stdout=subprocess.PIPE, text=True,
                           check=True).stdout for seed in range(5, 5 + SEEDS, 4)]


def merged(texts):
    return subprocess.run([SIM, *WISH, "--merge"], input="".join(texts), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)


def test_only_all_seeds_once_are_a_sum(one, texts):
    assert merged(texts).stdout == one
    wrong = {"twice": texts[:2] + texts[1:], "missing": texts[:2] + texts[3:], "short": texts[:-1],
             "cut": texts[:-1] + [texts[-1][:-1]], "out of order": texts[:-2] + texts[:-3:-1],
             "a figure lost": [re.sub("=reads.*\n", "", text) for text in texts],
             "a figure twice": [re.sub("(=reads.*\n)", r"\1\1", text) for text in texts],
             "fewer machines": [text.replace("=runs 4\n", "=runs 3\n") for text in texts]}
    for what, kept in wrong.items():
        done = merged(kept)
        assert done.returncode == 2 and "promises broken" not in done.stdout, what
        assert "seed" in done.stderr, what


def broken(texts, at, promises):
    """Parts as if so many promises had been broken in that one."""
    told = "".join(f"broken: {number} of part {at}\n        again: ...\n" for number in range(promises))
    return [text.replace("\n", f"\n{told}", 1).replace("=broken 0\n", f"=broken {promises}\n")
            if number == at else text for number, text in enumerate(texts)]


def test_enough_broken_promises_end_it_at_the_same_part(texts, tmp_path):
    """Whatever has come by then, and in whichever order."""
    texts = broken(broken(broken(texts, 1, 3), 3, 17), 4, 20)
    done = merged(texts)
    assert done.returncode == 1 and "ended after 16 of 24 machines" in done.stdout
    assert done.stdout.endswith("\n20 promises broken\n")
    plan = [(seed, 4) for seed in range(5, 5 + SEEDS, 4)]
    for number, order in enumerate(((0, 1, 2, 3), (5, 4, 3, 2, 1, 0), (3, 1, 4, 0, 2))):
        folder, told = parts.Folder(str(tmp_path / str(number)), plan), []
        for i in order:
            assert folder.put(parts.Part(texts[i].splitlines(keepends=True)))
            assert not folder.put(parts.Part(texts[i].splitlines(keepends=True)))
            told += [line for part in folder.in_order() for line in part.told() if "broken" in line]
        assert folder.enough() and folder.complete()
        assert told == [f"broken: {i} of part 1" for i in range(3)] + \
            [f"broken: {i} of part 3" for i in range(17)]
        assert merged(list(folder.texts())).stdout == done.stdout


def test_who_dies_says_at_which_seed(one):
    assert one
    dying = subprocess.Popen([SIM, "--part", "--runs=100000"], stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True)
    time.sleep(0.3)
    dying.send_signal(signal.SIGSEGV)
    said = dying.communicate(timeout=LIMIT_S)[1]
    seed = re.match(r"a process died, at seed (\d+): Segmentation fault\n", said).group(1)
    assert dying.returncode == 1 and f"again: make sim SEED={seed} RUNS=1 TRACE=1\n" in said


SSHD = shutil.which("sshd") or "/usr/sbin/sshd"


def by_ssh_itself(one, tmp_path):
    """sshd for a single connection, at the other end of a pipe: no network, no daemon."""
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / key)], check=True)
    (tmp_path / "sshd_config").write_text(
        f"HostKey {tmp_path}/host\nAuthorizedKeysFile {tmp_path}/user.pub\nStrictModes no\nUsePAM no\n"
        f"PidFile none\nPermitRootLogin yes\n", encoding="utf-8")
    (tmp_path / "sshd").write_text(f"#!/bin/sh\nexec {SSHD} -i -f {tmp_path}/sshd_config\n",
                                   encoding="utf-8")
    (tmp_path / "sshd").chmod(0o755)
    ssh = (f"ssh -F none -i {tmp_path}/user -o BatchMode=yes -o StrictHostKeyChecking=no -o LogLevel=ERROR "
           f"-o UserKnownHostsFile={tmp_path}/known -o ProxyCommand={tmp_path}/sshd")
    done = run(command(tmp_path, "1/here", "1/:"), {**checks.environment(), "PARALLEL_SSH": ssh})
    assert (done.returncode, done.stdout, done.stderr) == (0, one, "")


# Where sshd is not installed we do not bring it: it would begin to listen.
if os.path.exists(SSHD) and os.path.isdir("/run/sshd"):
    test_by_ssh_itself = by_ssh_itself
