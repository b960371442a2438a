import assert from "node:assert/strict";
import { asBody } from "../sandbox/client.ts";
import { story } from "./kit.ts";

story(
  "a box whose network is away is ready: neither a restart nor less traffic mends that",
  {},
  async (stage) => {
    await stage.irc.close();
    await stage.box.start();
    const answer = await fetch(`${stage.boxUrl}/ready`);
    assert.equal(answer.status, 200);
    const said: unknown = await answer.json();
    const { ready, state } = asBody(said);
    assert.deepEqual([ready, asBody(state)["missing"]], [true, []]);
  },
);
