import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { logInToTelegram } from "../journeys/kit.ts";
import type { Account } from "../networks/telegram/index.ts";
import { asBody, until } from "../sandbox/client.ts";
import type { MatrixUser } from "../sandbox/client.ts";
import type { ClientEvent } from "../sandbox/homeserver/index.ts";
import { boxBot } from "../stage/lobby.ts";
import { openStage } from "../stage/stage.ts";
import type { Stage } from "../stage/stage.ts";
import { readStatus } from "./status.ts";

/** Where the box can die while what a person did with their telephone becomes theirs in the room. */
const places = {
  message: [
    "accept.before-commit",
    "accept.committed",
    "in.before-claim",
    "in.before-call",
    "in.after-call",
    "in.before-settle",
    "in.settled",
  ],
  edit: ["in.before-call", "in.after-call", "in.before-settle", "in.settled"],
  reaction: ["in.before-call", "in.after-call", "in.before-settle"],
} as const;

type Kind = keyof typeof places;

describe("killed while a person's own message becomes theirs", () => {
  let stage: Stage;
  let me: Account;
  let bob: Account;
  let ana: MatrixUser;
  let room: string;
  const plan = (): string => join(stage.dir, "failpoint");
  const start = (): Promise<void> => stage.box.start({ BRIDGEBOX_FAILPOINT: `@${plan()}` });

  const spoken = (): readonly ClientEvent[] => stage.homeserver.room(room).timeline;
  const bodyOf = ({ content }: ClientEvent): unknown =>
    asBody(content["m.new_content"])["body"] ?? content["body"];
  const calm = (): Promise<unknown> =>
    until("nothing waits", async () => {
      const status = await readStatus(stage).catch(() => undefined);
      const idle = status?.queues.every(({ count }) => count === 0) ?? false;
      return idle && stage.homeserver.outbox().waiting === 0;
    });
  const connected = (): Promise<unknown> =>
    until("the login is connected", async () => {
      const status = await readStatus(stage).catch(() => undefined);
      const logins = status?.networks.flatMap((network) => network.logins) ?? [];
      return logins.length > 1 && logins.every(({ state }) => state === "connected");
    });

  before(async () => {
    stage = await openStage({ telegram: true, irc: false, doublePuppet: "known" });
    const { telegram } = stage;
    boxBot(telegram);
    me = telegram.addUser({ phone: "15550009", firstName: "Ana", username: "anathe" });
    bob = telegram.addUser({ phone: "15550002", firstName: "Bob", username: "bobthe" });
    ana = stage.person("ana");
    await start();
    await logInToTelegram(stage, ana, me);
    telegram.say(me, bob, "the first");
    const first = await ana.until(({ content }) => content["body"] === "the first");
    room = first.room_id;
    assert.equal(first.sender, ana.userId);
    await calm();
  });
  after(() => stage.close());

  const act = (kind: Kind, text: string, number: number): ((event: ClientEvent) => boolean) => {
    const { telegram } = stage;
    if (kind === "message") {
      telegram.say(me, bob, text);
      return (event) => bodyOf(event) === text;
    }
    const [post] = telegram.messages(me, bob).filter((one) => one.text === `target ${number}`);
    assert.ok(post);
    if (kind === "edit") telegram.edit(post, text);
    else telegram.people.react(post, me, "👍");
    return kind === "edit"
      ? (event) => bodyOf(event) === text
      : (event) =>
          event.type === "m.reaction" &&
          spoken().some(
            (one) =>
              one.event_id === asBody(event.content["m.relates_to"])["event_id"] &&
              bodyOf(one) === `target ${number}`,
          );
  };

  let number = 0;
  for (const kind of ["message", "edit", "reaction"] as const)
    for (const place of places[kind]) {
      test(`${kind} ${place}`, { timeout: 60_000 }, async () => {
        const { telegram } = stage;
        number += 1;
        telegram.say(kind === "edit" ? me : bob, kind === "edit" ? bob : me, `target ${number}`);
        await ana.untilText(room, `target ${number}`);
        await calm();
        const calls = telegram.calls.length;
        writeFileSync(plan(), `${place}=kill`);
        const shows = act(kind, `${kind} ${place}`, number);
        assert.equal(await stage.box.ended(), "SIGKILL");
        rmSync(plan());
        await start();
        await connected();
        telegram.say(me, bob, `next ${number}`);
        await ana.untilText(room, `next ${number}`);
        await until("it is shown", () => spoken().some(shows));
        await calm();
        const found = spoken().filter(shows);
        assert.deepEqual(
          found.map(({ sender }) => sender),
          [ana.userId],
          "once, and hers",
        );
        const back = telegram.calls.slice(calls).map(({ name }) => name);
        assert.deepEqual(
          back.filter((name) => /\.(?:Send|Edit|Delete)/.test(name)),
          [],
          "nothing goes back",
        );
      });
    }
});
