import assert from "node:assert/strict";
import { asBody, until } from "../sandbox/client.ts";
import type { Stage } from "../stage/stage.ts";
import { logInToTelegram, story, onTelegram } from "./kit.ts";

const known = { telegram: true, irc: false, doublePuppet: "known" } as const;

/** Rooms that somebody muted, by their push rules. */
const mutedRooms = (stage: Stage, person: string): readonly unknown[] => {
  const { room } = asBody(asBody(stage.homeserver.accountData(person, "m.push_rules"))["global"]);
  return Array.isArray(room) ? room.map((rule) => asBody(rule)["rule_id"]) : [];
};

const tagsOf = (stage: Stage, person: string, room: string): readonly string[] =>
  Object.keys(asBody(asBody(stage.homeserver.accountData(person, "m.tag", room))["tags"]));

const isUnread = (stage: Stage, person: string, room: string): boolean =>
  ["m.marked_unread", "com.famedly.marked_unread"].every(
    (type) => stage.homeserver.accountData(person, type, room)?.["unread"] === true,
  );

const seen = (what: string, probe: () => boolean): Promise<unknown> =>
  until(what, () => Promise.resolve(probe()));

story(
  "chats that somebody muted, pinned, archived and marked are so on Matrix, and private ones are direct",
  known,
  async (stage) => {
    const { telegram, homeserver } = stage;
    const me = telegram.addUser({ phone: "15550009", firstName: "Ana", username: "anathe" });
    const bob = telegram.addUser({ phone: "15550002", firstName: "Bob", username: "bobthe" });
    const group = telegram.addGroup("Friends", [bob, me]);
    telegram.say(bob, me, "hi");
    telegram.say(bob, group, "hello all");
    telegram.people.see(me, bob, { pinned: true, muteUntil: 2_147_483_647 });
    telegram.people.see(me, group, { archived: true, unread: true });
    const ana = stage.person("ana");
    await stage.box.start();
    const talk = await logInToTelegram(stage, ana, me);
    telegram.say(bob, me, "second");
    telegram.say(bob, group, "second to all");
    const invited = (name: string): Promise<string> =>
      ana.untilInvited((room) => {
        if (room === talk.room) return false;
        const { timeline } = homeserver.room(room);
        return timeline.some(({ type, content }) => {
          return type === "m.room.name" && content["name"] === name;
        });
      });
    const [direct, friends] = [await invited("Bob"), await invited("Friends")];

    const { userId } = ana;
    await seen("it is direct", () => {
      const rooms = homeserver.accountData(userId, "m.direct")?.[
        `@telegram_${bob.id}:${stage.domain}`
      ];
      return JSON.stringify(rooms) === JSON.stringify([direct]);
    });
    await seen("it is muted", () => mutedRooms(stage, userId).includes(direct));
    await seen("it is pinned", () => tagsOf(stage, userId, direct).includes("m.favourite"));
    await seen("it is archived", () => tagsOf(stage, userId, friends).includes("m.lowpriority"));
    await seen("it is unread", () => isUnread(stage, userId, friends));
    assert.ok(!mutedRooms(stage, userId).includes(friends));

    telegram.people.see(me, group, { unread: false });
    await seen("it is read", () => !isUnread(stage, userId, friends));
    telegram.people.see(me, bob, { unread: true, muteUntil: 0 });
    await seen("the other is unread", () => isUnread(stage, userId, direct));
    assert.ok(mutedRooms(stage, userId).includes(direct), "what was set at creation is theirs");

    await stage.box.stop();
    homeserver.clearRequests();
    await stage.box.start();
    telegram.say(bob, me, "after the restart");
    await ana.join(direct);
    await ana.untilText(direct, "after the restart");
    const about = homeserver.requests.filter(({ path }) =>
      /account_data|tags|pushrules/.test(path),
    );
    assert.deepEqual(about, [], "nothing is set or asked again");
  },
);

story(
  "with double_puppet.chats: always, Matrix follows each change; a token does as well as a registration",
  { telegram: true, irc: false, config: { double_puppet: { chats: "always" } } },
  async (stage) => {
    const { telegram, homeserver } = stage;
    const { me, bob, ana, talk } = await onTelegram(stage);
    telegram.say(bob, me, "hi");
    const room = await ana.untilInvited((one) => one !== talk.room);
    telegram.people.see(me, bob, { muteUntil: 2_147_483_647, pinned: true });
    const { userId } = ana;
    const { accessToken } = homeserver.openSession(userId);
    await ana.send(talk.room, `login-matrix ${accessToken}`);
    await talk.heard(/From now on I show/);
    await seen("it is muted", () => mutedRooms(stage, userId).includes(room));
    await seen("it is pinned", () => tagsOf(stage, userId, room).includes("m.favourite"));
    await seen("it is direct", () => homeserver.accountData(userId, "m.direct") !== undefined);
    telegram.people.see(me, bob, { muteUntil: 0, archived: true });
    await seen("it is loud", () => !mutedRooms(stage, userId).includes(room));
    await seen("it is archived", () => tagsOf(stage, userId, room).includes("m.lowpriority"));
  },
);
