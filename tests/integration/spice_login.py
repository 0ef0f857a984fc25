#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A login at a SPICE console, as a viewer's: spice_login.py HOST TLS-PORT CA-FILE USER SECONDS < PASSWORD

Prints as JSON what became of each channel: "opened", "refused" (the user or the password was wrong), or what else went
wrong. Ends once that is known of all of them, or after SECONDS.
"""
import json
import os
import sys

import gi

gi.require_version("SpiceClientGLib", "2.0")
from gi.repository import GLib, GObject, SpiceClientGLib  # noqa: E402

# What every VM with a graphics card has, and the signals of the first thing that its server says there. A viewer that
# leaves earlier than that, when it only knows that it was let in, can crash QEMU.
CHANNELS = {"main": ["main-mouse-update"], "display": ["display-mark"], "inputs": ["inputs-modifiers"],
            "cursor": ["cursor-hide", "cursor-set"]}
OPENED, REFUSED = "opened", "refused"
EVENT = SpiceClientGLib.ChannelEvent
on_signal = GObject.Object.connect  # SPICE's classes have a connect() of their own


class Login:
    def __init__(self, host, port, ca_file, user, password):
        self.loop = GLib.MainLoop()
        self.outcomes = {}  # by channel; None as long as nothing is known
        self.session = SpiceClientGLib.Session()
        for name, value in (("host", host), ("tls-port", port), ("ca-file", ca_file), ("username", user),
                            ("password", password), ("enable-usbredir", False), ("enable-audio", False)):
            self.session.set_property(name, value)
        on_signal(self.session, "channel-new", self.on_channel)

    def on_channel(self, _, channel):
        name = channel.type_to_string(channel.props.channel_type)
        self.outcomes[name] = None
        on_signal(channel, "channel-event", self.on_event, name)
        for signal in CHANNELS.get(name, []):
            on_signal(channel, signal, lambda *_: self.settle(name, OPENED))
        if name != "main":  # the session connects that one itself
            channel.connect()

    def on_event(self, channel, event, name):
        if event == EVENT.ERROR_AUTH:
            self.settle(name, REFUSED)
        elif event != EVENT.OPENED:
            error = channel.get_error()
            self.settle(name, error.message if error else event.value_nick)
        elif name not in CHANNELS:
            self.settle(name, OPENED)

    def settle(self, name, outcome):
        """The first outcome counts."""
        self.outcomes[name] = self.outcomes[name] or outcome
        if self.is_known():
            self.loop.quit()

    def is_known(self):
        if self.outcomes["main"] != OPENED:
            return self.outcomes["main"] is not None
        return set(CHANNELS) <= set(self.outcomes) and None not in self.outcomes.values()

    def run(self, seconds):
        GLib.timeout_add(int(seconds * 1000), self.loop.quit)
        assert self.session.connect()
        self.loop.run()
        names = {*CHANNELS, *self.outcomes} if self.outcomes["main"] == OPENED else self.outcomes
        return {name: self.outcomes.get(name) or "no answer in time" for name in names}


def main():
    host, port, ca_file, user, seconds = sys.argv[1:]
    login = Login(host, port, ca_file, user, sys.stdin.read())
    print(json.dumps(login.run(float(seconds))), flush=True)
    os._exit(0)  # a channel that is still connecting would be waited for


if __name__ == "__main__":
    main()
