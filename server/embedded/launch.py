"""Become an unprivileged user, ask to be ended with our parent, and turn into the given program.

Run as a script by `processes.spawn`; it imports nothing of the project, so that it starts in a few milliseconds. Done
here and not in a `preexec_fn`, which is unsafe beside threads. Linux forgets the parent-death signal when the
user changes, hence the order.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """`PARENT UID GID SIGNAL PROGRAM ARGUMENT...`; a UID of -1 keeps the user."""
    parent, uid, gid, signal_number = (int(text) for text in arguments[:4])
    program = arguments[4:]
    os.umask(0o077)
    if uid >= 0 and os.geteuid() == 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux" and signal_number:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the kernel knew our wish
            raise SystemExit(1)
    os.execv(program[0], program)


if __name__ == "__main__":
    main(sys.argv[1:])
