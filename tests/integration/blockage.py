"""Makes parts of a server hang, as hung disks and threads that do not turn do: a library between it and the kernel in
which calls do not return while a file says so. Needs `cc`; a sanitizer's runtime does not let itself be preceded."""

import atexit
import os
import shutil
import subprocess
import tempfile

from harness import SANITIZED

IS_POSSIBLE = bool(shutil.which("cc")) and not SANITIZED

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>
static void hang_while(const char* what) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", getenv("BLOCKAGE"), what);
  while (access(path, F_OK) == 0) usleep(10000);
}
#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(real))dlsym(RTLD_NEXT, #name)
#define DISK(name) REAL(name); hang_while("disk")
int fsync(int fd) { DISK(fsync); return real(fd); }
int fdatasync(int fd) { DISK(fdatasync); return real(fd); }
ssize_t pwrite(int fd, const void* b, size_t n, off_t at) { DISK(pwrite); return real(fd, b, n, at); }
ssize_t pwrite64(int fd, const void* b, size_t n, off64_t at) { DISK(pwrite64); return real(fd, b, n, at); }
int epoll_wait(int fd, struct epoll_event* events, int most, int timeout) {
  REAL(epoll_wait);
  char name[17] = {0};
  prctl(PR_GET_NAME, name);
  int count = real(fd, events, most, timeout);
  hang_while(name);
  return count;
}
"""


def _library():
    directory = tempfile.mkdtemp(prefix="switchboard-blockage-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    path = os.path.join(directory, "blockage.so")
    with open(path + ".c", "w", encoding="utf-8") as file:
        file.write(SOURCE)
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", path, path + ".c", "-ldl"], check=True)
    return path


class Blockage:
    """Server(environment=blockage.environment), then blockage.of("disk"), or of a thread by its name: "shard-0", and
    "switchboard", which is the main thread."""

    library = None

    def __init__(self):
        Blockage.library = Blockage.library or _library()
        self._directory = tempfile.mkdtemp(prefix="switchboard-blockage-")
        atexit.register(shutil.rmtree, self._directory, ignore_errors=True)
        self.environment = {"LD_PRELOAD": Blockage.library, "BLOCKAGE": self._directory}

    def of(self, what):
        open(os.path.join(self._directory, what), "w", encoding="utf-8").close()
