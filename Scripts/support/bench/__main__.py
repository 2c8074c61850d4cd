"""Called by Scripts/bench, which describes the arguments."""

import argparse
import pathlib

import floor
import wire

COMMANDS = {
    "fanout": floor.fanout, "ping": floor.ping, "compression": wire.compression,
    "memory": wire.memory, "tls": wire.tls, "siege": wire.siege,
}


def main():
    parser = argparse.ArgumentParser(prog="Scripts/bench")
    parser.add_argument("what", choices=COMMANDS)
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--floor", type=pathlib.Path, required=True)
    parser.add_argument("--uwebsockets-python")
    parser.add_argument("--versus", choices=["uwebsockets"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--payload", type=int)
    parser.add_argument("--pending", type=int, choices=[1, 10])
    options = parser.parse_args()
    if options.payload is None:
        options.payload = 900 if options.what == "compression" else 0
    COMMANDS[options.what](options)


main()
