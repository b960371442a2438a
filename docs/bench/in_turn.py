"""The homeserver alone and the bridge in small turns: python in_turn.py BRIDGE [--rounds 6] [--count 60]; scratch in $BENCH_DIR.

Stands beside the black-box bench's own files and uses its stack. Every piece begins with everything marked as read, because a
homeserver's sends slow down with what a reader has not read, and polls are short (see short_polls.py); the order of the pieces is turned around every other round.
"""
import argparse
import asyncio
import json
import os
import statistics
import time
from urllib.parse import quote

import short_polls  # noqa: F401  (before the stack, whose readers it changes)
from bench import Bench
from bridges import ALL
from clients import Irc, Reader
from stack import DOMAIN, Stack


async def mark_read(matrix, room):
    path = f"/_matrix/client/v3/rooms/{room}"
    newest = (await matrix.call("GET", f"{path}/messages", dir="b", limit="1"))["chunk"][0]["event_id"]
    await matrix.call("POST", f"{path}/receipt/m.read/{newest}", {})


async def sends(matrix, room, n):
    began = time.time()
    for i in range(n):
        await matrix.send(room, f"{i} the quick brown fox jumps over it")
    return n / (time.time() - began)


class Channels:
    """Several channels at once, one talker in each, against one ghost that sends into as many rooms at once."""

    def __init__(self, stack, count, lines=10):
        self.stack, self.count, self.lines, self.turn = stack, count, lines, 0

    async def open(self):
        s = self.stack
        self.talkers, self.bridged_rooms, self.raw_rooms = [], [], []
        for i in range(self.count):
            talker = Irc(f"busy{i}", f"#busy{i}")
            self.talkers.append(await talker.connect(s.irc_port))
            alias = quote(f"#irc_#busy{i}:{DOMAIN}")
            self.bridged_rooms.append((await s.alice.call("POST", f"/_matrix/client/v3/join/{alias}", {}))["room_id"])
            room = (await s.raw.call("POST", "/_matrix/client/v3/createRoom", {"preset": "public_chat"}))["room_id"]
            await s.alice.call("POST", f"/_matrix/client/v3/join/{room}", {})
            self.raw_rooms.append(room)
        await self.bridged()  # ghosts made, rooms joined
        return self

    async def raw(self):
        async def fill(room):
            for i in range(self.lines):
                await self.stack.raw.send(room, f"{i} the quick brown fox jumps over it")

        began = time.time()
        await asyncio.gather(*map(fill, self.raw_rooms))
        return self.count * self.lines / (time.time() - began)

    async def bridged(self):
        self.turn += 1
        mark = f"busy{self.turn}x"
        began = time.time()
        for talker in self.talkers:
            for i in range(self.lines):
                await talker.say(f"{mark}-{i} the quick brown fox jumps over it")
        last = 0  # by the homeserver's own clock, so that looking costs nothing
        for room in self.bridged_rooms:
            while time.time() - began < 120:
                await asyncio.sleep(1)
                page = await self.stack.alice.call("GET", f"/_matrix/client/v3/rooms/{room}/messages", dir="b", limit=str(2 * self.lines))
                found = [e for e in page["chunk"] if f"{mark}-" in e["content"].get("body", "")]
                if len(found) >= self.lines:
                    break
            last = max([last, *(e["origin_server_ts"] / 1000 for e in found)])
        return self.count * self.lines / (last - began)


async def main(args):
    stack = Stack(ALL[args.bridge](), os.environ["BENCH_DIR"], "ngircd", args.port)
    bench = Bench(stack)
    try:
        await stack.start()
        ghost, alice = stack.raw, stack.alice
        plain = (await ghost.call("POST", "/_matrix/client/v3/createRoom", {"preset": "public_chat"}))["room_id"]
        await alice.call("POST", f"/_matrix/client/v3/join/{plain}", {})

        async def raw(matrix):
            stack.reader.task.cancel()
            reader = await Reader(alice, plain).start()
            rate = await sends(matrix, plain, args.count)
            reader.task.cancel()
            stack.reader.since = (await stack.reader.sync("0", since=stack.reader.since))["next_batch"]
            stack.reader.task = asyncio.create_task(stack.reader.loop())
            return rate

        async def flow(way):
            result = await bench.flow(way, args.count)
            assert not (result["lost"] or result["doubled"] or result["disorder"]), result
            return result["per_s"]

        pieces = {
            "ghost alone": lambda: raw(ghost), "IRC to Matrix, one": lambda: flow("i2m"), "IRC to Matrix, two": lambda: flow("i2m_two"),
            "person alone": lambda: raw(alice), "Matrix to IRC": lambda: flow("m2i"),
        }
        busy = await Channels(stack, args.channels).open()
        pieces |= {"ghosts alone, many rooms": busy.raw, "IRC to Matrix, many channels": busy.bridged}
        rounds = []
        for number in range(args.rounds):
            one = {}
            for name in list(pieces)[:: 1 if number % 2 == 0 else -1]:
                for room in (plain, stack.room):
                    await mark_read(alice, room)
                one[name] = await pieces[name]()
            rounds.append(one)
            print(json.dumps({k: round(v, 1) for k, v in one.items()}), flush=True)
        pairs = [("IRC to Matrix, one", "ghost alone"), ("IRC to Matrix, two", "ghost alone"), ("Matrix to IRC", "person alone")]
        for name, base in [*pairs, ("IRC to Matrix, many channels", "ghosts alone, many rooms")]:
            ratios = sorted(one[name] / one[base] for one in rounds)
            print(f"{name}: {statistics.median(ratios):.2f} [{ratios[0]:.2f}-{ratios[-1]:.2f}] of {base}", flush=True)
    finally:
        await stack.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bridge", choices=ALL)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--channels", type=int, default=9)
    parser.add_argument("--port", type=int, default=18100)
    asyncio.run(main(parser.parse_args()))
