import assert from "node:assert/strict";
import type { Case } from "./cases-life.ts";
import { contentOf, heard, ordersOf, sendOne } from "./scene.ts";
import { until } from "./until.ts";

/** What is said to an account of the box itself. */
export const asideCases = {
  "tells what is said to the account alone, and answers there": async (scene) => {
    const { stage } = scene;
    const { person } = stage;
    if (!person.whisper) return "nobody can say anything to this login alone";
    assert.notEqual(scene.asides?.trim() ?? "", "", "`asides` says where that is done");
    const life = await scene.live();
    await person.whisper("for you alone");
    const aside = await life.host.event(
      "what was said to the account alone",
      (event) => event.kind === "aside" && event.text === "for you alone" && event,
    );
    assert.notEqual(aside.sender, life.login.user);
    assert.notEqual(aside.name.trim(), "");
    assert.notDeepEqual(aside.chat, life.chat);
    assert.deepEqual(JSON.parse(JSON.stringify(aside)), aside, "an event must be plain JSON");
    await person.say("for everybody");
    await heard(life, "for everybody");
    for (const order of ordersOf({ ...life, chat: aside.chat }, contentOf("to you alone")))
      await sendOne(life, order);
    await until("they have the answer", () => stage.whispered?.().includes("to you alone"));
    const told = life.host.events.flatMap((event) => (event.kind === "aside" ? [event.text] : []));
    assert.deepEqual(told, ["for you alone"], "neither what all read, nor what we said ourselves");
    return undefined;
  },
} as const satisfies Record<string, Case>;
