"""What follows "raw" in the bench, a bridge or a plain sender: python after_raw.py BRIDGE [--rounds 4] [--count 200]; scratch in $BENCH_DIR.

Stands beside the black-box bench's own files and changes nothing of them. After each "raw" comes one burst: by turns that of two IRC
talkers through the bridge, and as many plain sends by their two ghosts, in turn, into the same room. So what the bench's order costs
any sender is told from what the bridge costs.
"""
import argparse
import asyncio
import os
import re
import statistics
import time

from bench import Bench
from bridges import ALL
from clients import Matrix
from stack import Stack


async def ghosts(stack, registration):
    """The two talkers' ghosts as clients of the homeserver, speaking with the bridge's own token."""
    for talker in stack.talkers:
        await talker.say("here")
    owned = re.compile(registration["namespaces"]["users"][0]["regex"])
    while True:
        members = (await stack.alice.call("GET", f"/_matrix/client/v3/rooms/{stack.room}/joined_members"))["joined"]
        found = [m for m in members if owned.match(m) and any(t.nick in m for t in stack.talkers)]
        if len(found) == len(stack.talkers):
            return [Matrix(stack.http, stack.hs, registration["as_token"], m) for m in found]
        await asyncio.sleep(0.5)


async def main(args):
    stack = Stack(ALL[args.bridge](), os.environ["BENCH_DIR"], "ngircd", args.port)
    bench, ratios = Bench(stack), {"bridge": [], "plain": []}
    try:
        await stack.start()
        senders = await ghosts(stack, stack.adapter.registration(stack))

        async def bridge():
            result = await bench.flow("i2m_two", args.count)
            assert not (result["lost"] or result["doubled"] or result["disorder"]), result
            return result["per_s"]

        async def plain():
            began = time.time()
            for i in range(args.count):
                await senders[i % 2].send(stack.room, f"{i} the quick brown fox jumps over it")
            return args.count / (time.time() - began)

        pieces = [("bridge", bridge), ("plain", plain)]
        for number in range(args.rounds):
            for name, piece in pieces if number % 2 == 0 else reversed(pieces):
                raw = (await bench.raw())["sequential_per_s"]
                ratios[name].append(await piece() / raw)
                print(f"{name}: {ratios[name][-1]:.2f} of raw, {raw:.1f}/s", flush=True)
        for name, all_of in ratios.items():
            print(f"{name}: {statistics.median(all_of):.2f} [{min(all_of):.2f}-{max(all_of):.2f}] of raw")
    finally:
        await stack.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bridge", choices=ALL)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--port", type=int, default=18400)
    asyncio.run(main(parser.parse_args()))
