"""Kernels for the build that begin with torch loaded: each is forked from one process that has imported it.

Every notebook imports torch, its optimisers' compiler, matplotlib and ipykernel. That is three seconds of a core for
each of two dozen notebooks, a sixth of all that the build executes. A fork begins with what its parent has imported,
and with nothing else: the course itself is imported by each notebook, so that none sees what another did. Forking
is only safe from a process with one thread; the standard library's fork server is such a process. Systems that
cannot fork, or whose libraries do not allow it, start kernels as Jupyter does.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.context import ForkServerProcess
from typing import Any

import psutil
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

from tools.environment import ROOT

POSSIBLE = sys.platform == "linux"
IMPORTED = ["torch", "torch._dynamo", "matplotlib.pyplot", "ipykernel.kernelapp", "ipywidgets"]
INLINE = "module://matplotlib_inline.backend_inline"


def _end_with_the_build() -> None:
    """Wait for the end of the build, however it ends; it is not the kernel's parent, which is the fork server."""
    build = multiprocessing.parent_process()
    assert build is not None
    build.join()
    os.killpg(0, signal.SIGKILL)  # and the server ends when its last kernel has


def _serve(arguments: list[str], environment: dict[str, str], folder: str) -> None:
    """Be a kernel, in a process of one's own."""
    import matplotlib
    import numpy as np
    import torch
    from ipykernel.kernelapp import IPKernelApp

    os.setsid()  # signals go to a kernel and what it has started, as Jupyter does it
    threading.Thread(target=_end_with_the_build, daemon=True).start()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    matplotlib.rcParams["backend"] = environment.get("MPLBACKEND") or INLINE  # else chosen when it is imported
    asked_for = environment.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [place for place in sys.path if place and (place != str(ROOT) or place in asked_for)]
    multiprocessing.set_start_method(None, force=True)  # else a notebook's processes would be the fork server's
    np.random.seed()  # noqa: NPY002 - else all kernels begin with the same numbers, as if each had a seed
    torch.seed()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parent = f"--IPKernelApp.parent_handle={os.getppid()}"  # a kernel ends when its parent has ended
    IPKernelApp.launch_instance(argv=[*arguments, parent])


class _Child:
    """A process of the fork server, with the methods of `subprocess.Popen` that Jupyter calls."""

    stdin = stdout = stderr = None

    def __init__(self, process: ForkServerProcess) -> None:
        process.start()
        self.process, self.kill, self.terminate, self.pid = process, process.kill, process.terminate, process.pid

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        return self.process.exitcode

    def wait(self) -> int | None:
        """Return the exit status when it has ended."""
        self.process.join()
        return self.process.exitcode

    def send_signal(self, number: int) -> None:
        """Give the process a signal."""
        assert self.pid is not None
        os.kill(self.pid, number)


class _Forked(LocalProvisioner):
    """Starts a kernel as a fork."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork; all that `python -m ipykernel_launcher` hears after its name is `cmd` from -f on."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(IMPORTED)
        arguments = (cmd[cmd.index("-f") :], dict(kwargs["env"]), kwargs["cwd"])
        try:
            child: Any = _Child(context.Process(target=_serve, args=arguments))  # Popen to those who ask it
        except OSError:  # the server's socket has no room in a temporary folder of a long name
            return await super().launch_kernel(cmd, **kwargs)
        self.process, self.pid, self.pgid = child, child.pid, child.pid
        return self.connection_info


class WarmKernel(AsyncKernelManager):
    """Starts and stops the kernel of one notebook, as `nbclient` asks it to."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.provisioner = _Forked(kernel_spec=self.kernel_spec, parent=self)


def kill() -> None:
    """End all kernels of this process at once, in whatever way they were started."""
    for forked in multiprocessing.active_children():
        forked.kill()
    for started in psutil.Process().children():
        if "ipykernel_launcher" in started.cmdline():
            started.kill()
