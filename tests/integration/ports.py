# SPDX-License-Identifier: BSD-2-Clause
"""Free ports on the loopback interface."""
import socket

LOOPBACK = "127.0.0.1"


def reserve_port():
    """A socket that keeps a free port for the server that will listen there: it is bound without SO_REUSEADDR, so
    that nobody else has the port, and gets the option then, so that a server, which has it too, can bind."""
    holder = socket.socket()
    holder.bind((LOOPBACK, 0))
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return holder
