"""Runs a command against a server of its own: with_server.py [--set KEY=VALUE]... -- COMMAND...

The command finds the server's address in SWITCHBOARD_URL (http://HOST:PORT). Ends with the command's exit code, or
with 1 if the server did not survive it.
"""

import os
import subprocess
import sys

from harness import Server


def main():
    split = sys.argv.index("--")
    with Server(*sys.argv[1:split], settings={"server.drain_ms": 0}) as server:
        code = subprocess.run(sys.argv[split + 1:], env={**os.environ, "SWITCHBOARD_URL": server.http},
                              check=False).returncode
        server.stop()
    return code


if __name__ == "__main__":
    sys.exit(main())
