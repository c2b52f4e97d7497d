# SPDX-License-Identifier: BSD-2-Clause
"""A syslog for the stage: what is sent to /dev/log goes to a file."""
import os
import socket
import sys

out = open(sys.argv[1], "a", buffering=1, encoding="utf-8")
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("/dev/log")
os.chmod("/dev/log", 0o666)
while True:
    out.write(s.recv(65536).decode("utf-8", "replace").rstrip("\n\0") + "\n")
