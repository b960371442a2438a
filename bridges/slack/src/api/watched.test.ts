import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "@bridgebox/core/testing";
import type { Wire } from "./shapes.ts";
import { Watched } from "./watched.ts";

test("the presence of whoever is heard is asked for, all at once and again as a whole", async () => {
  const said: Wire[] = [];
  const watched = new Watched((frame) => said.push(frame), 0);
  for (const user of ["U0BOB", "U0ANA", "U0BOB", "B0BOT", "../x", ""])
    watched.heard({ type: "message", user });
  watched.heard({ type: "hello" });
  await until("it is asked", () => said.length > 0);
  watched.heard({ type: "user_typing", user: "U0ANA" });
  watched.heard({ type: "user_typing", user: "U0CARL" });
  await until("it is asked again", () => said.length > 1);
  assert.deepEqual(said, [
    { type: "presence_sub", ids: ["U0BOB", "U0ANA"] },
    { type: "presence_sub", ids: ["U0BOB", "U0ANA", "U0CARL"] },
  ]);
});

test("it is bounded, the latest are kept, and ends with the socket", async () => {
  const said: Wire[] = [];
  const watched = new Watched((frame) => said.push(frame), 0);
  for (let at = 0; at < 501; at += 1) watched.heard({ user: `U${at}000` });
  await until("it is asked", () => said.length > 0);
  const ids = said[0]?.["ids"];
  assert(Array.isArray(ids));
  assert.deepEqual([ids.length, ids[0], ids.at(-1)], [500, "U1000", "U500000"]);
  watched.heard({ user: "U0LATE" });
  watched.closed();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(said.length, 1);
});
