import assert from "node:assert/strict";
import type { World } from "./world.ts";
import { acceptedFrom } from "./store-look.ts";

const isGap = (body: string): boolean => body.includes("may be missing here");

/**
 * Takes what Carl said to nobody out of the account, and proves that it was so: the box has passed
 * on every line that it accepted, and where lines are missing the room has a gap notice in just that
 * place. Returns how many lines that are.
 */
export const excuseUnheard = async (world: World): Promise<number> => {
  const missing = new Set(
    world
      .report()
      .missing.filter(({ from, to }) => from === "irc" && to === "matrix")
      .map(({ id }) => Number(id.split(" ")[1])),
  );
  const lines = world.said.irc;
  const accepted = await acceptedFrom(world.stage, "irc");
  assert.equal(lines.length - missing.size, accepted, "accepted and shown");
  const shown = world.timeline().map(({ content }) => String(content["body"]));
  for (const first of [...missing].filter((number) => !missing.has(number - 1))) {
    let end = first;
    while (missing.has(end)) end += 1;
    const from = first === 0 ? 0 : shown.indexOf(lines[first - 1] ?? "");
    const to = end === lines.length ? shown.length : shown.indexOf(lines[end] ?? "");
    assert.ok(
      shown.slice(from, to).some(isGap),
      `lines ${first} to ${end} are missing and nothing in the room says so`,
    );
  }
  for (const number of missing) world.withdraw("irc", number);
  return missing.size;
};
