import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { loginOf, ScriptedNetwork } from "../testing/scripted-network.ts";
import { openTalk, talkRoom } from "../testing/talk-scene.ts";
import { until } from "../testing/until.ts";

const gives = "Your chats.";
const risk = "Whoever runs this box can write as you.";

/** A network that asks for two things at once, and then for a password. */
const open = async (t: TestContext) => {
  const network = new ScriptedNetwork();
  network.logins = {
    form: {
      label: "A form",
      gives,
      risk,
      run: async (ui) => {
        const { nick, city } = await ui.ask([
          { key: "nick", label: "Nick", type: "text", pattern: "\\S+" },
          { key: "city", label: "City", type: "text", pattern: "[A-Z].*" },
        ]);
        const { password } = await ui.ask([
          { key: "password", label: "Password", type: "password" },
        ]);
        return [{ ...loginOf(nick, "user"), name: `${nick} of ${city}, ${password}` }];
      },
    },
  };
  const scene = await openTalk(t, { network });
  const last = (): string => scene.homeserver.said(talkRoom).at(-1) ?? "";
  const answered = async (line: string, fits: RegExp): Promise<void> => {
    await scene.ask(line);
    await until(`${line} is answered`, () => {
      scene.clock.advance(20);
      return fits.test(last());
    });
  };
  return { ...scene, answered };
};

test("a login says what it is good for, what it risks, and how to stop", async (t) => {
  const { ask } = await open(t);
  const first = await ask("login net");
  assert.equal(first, `A form: ${gives} ${risk}\nNick? Say "cancel" to stop.`);
  assert.doesNotMatch(await ask("ana"), /cancel/, "said once is enough");
});

test("of a form each answer is judged by itself, and asked for again alone", async (t) => {
  const { ask, answered } = await open(t);
  await ask("login net");
  assert.match(await ask("two words"), /^Nick does not look right/);
  assert.match(await ask("ana"), /^City\?/);
  assert.match(await ask("rome"), /^City does not look right/);
  await answered("Rome", /^Password\?/);
  await answered("status", /^Logged in as ana of Rome, status/);
});

test("a command is not taken for an answer, and the question stays", async (t) => {
  const { ask, answered } = await open(t);
  await ask("login net");
  for (const line of ["help", "list-logins", "!bridgebox status", "join net lobby"])
    assert.match(await ask(line), /\nI still wait for your answer: Nick\? Say "cancel" to stop\.$/);
  assert.match(await ask("login net form"), /^A form: /);
  assert.match(await ask("ana"), /^City\?/);
  await answered("Rome", /^Password\?/);
  await answered("join us now", /^Logged in as ana of Rome, join us now/);
});

test("a password behind the prefix is an answer, and does not stay in the room", async (t) => {
  const { ask, answered, homeserver, said } = await open(t);
  await ask("login net");
  await ask("ana");
  await answered("Rome", /^Password\?/);
  assert.match(await ask("!bridgebox help"), /\nI still wait for your answer: Password\?/);
  await answered("!bridgebox hunter2", /^Logged in as ana of Rome, hunter2/);
  assert.ok(homeserver.events.some(({ redacts }) => redacts === said()?.event_id));
});

test("what is cancelled waits for nothing any more", async (t) => {
  const { ask } = await open(t);
  await ask("login net");
  assert.match(await ask("cancel"), /is cancelled/);
  assert.doesNotMatch(await ask("list-logins"), /wait for/);
});
