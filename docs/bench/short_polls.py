"""The black-box bench with polls of one second: python short_polls.py bench.py BRIDGE...; stands beside the bench's own files.

The bench gives up a reader's /sync at the start and at the end of "raw". Synapse goes on with such a poll until its 30 seconds are
over: every event wakes it, and it filters all that came since from the rooms that it was not about. So for half a minute each message
costs more than the one before, which falls on whatever is measured then. A poll of one second is over before it weighs anything.
"""
import runpy
import sys

import clients

whole = clients.Reader.sync


def short(self, wait, **query):
    return whole(self, "0" if wait == "0" else "1000", **query)


clients.Reader.sync = short

if __name__ == "__main__":
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
