import assert from "node:assert/strict";
import { everyCap } from "../networks/irc/index.ts";
import type { MatrixUser } from "../sandbox/client.ts";
import { endOf, logInToIrc, story, onTelegram } from "./kit.ts";

/** Resolves once that ghost is shown as typing. */
const seesTyping = (person: MatrixUser, ghost: RegExp): Promise<unknown> =>
  person.until(({ type, content }) => {
    const users: unknown = content["user_ids"];
    return (
      type === "m.typing" && Array.isArray(users) && users.some((user) => ghost.test(String(user)))
    );
  });

story(
  "who types and who has read is seen on both sides, by Telegram accounts",
  { telegram: true, irc: false },
  async (stage) => {
    const { telegram } = stage;
    const { me, bob, ana, talk } = await onTelegram(stage);
    telegram.say(bob, me, "hi Ana");
    const room = await ana.untilInvited((one) => one !== talk.room);
    await ana.join(room);
    const hi = await ana.untilText(room, "hi Ana");
    const called = (name: string) => telegram.calls.filter((call) => call.name === name).length;

    telegram.typing(bob, me);
    await seesTyping(ana, /^@telegram_/);
    await ana.typing(room, true);
    await telegram.until(() => called("messages.SetTyping") > 0);

    const before = called("messages.ReadHistory");
    await ana.markRead(room, hi.event_id);
    await telegram.until(() => called("messages.ReadHistory") > before);

    const mine = await ana.send(room, "did you see it?");
    assert.equal(await endOf(stage, mine), "delivered");
    const said = telegram.messages(me, bob).find(({ text }) => text === "did you see it?");
    assert(said);
    telegram.people.read(bob, said);
    await ana.until(
      ({ type, content }) =>
        type === "m.receipt" && /@telegram_/.test(JSON.stringify(content[mine] ?? "")),
    );
  },
);

story(
  "who types is seen on both sides where an IRC server has it",
  { ircCaps: everyCap },
  async (stage) => {
    const { irc } = stage;
    const carl = await irc.user("Carl");
    await carl.join("#Lobby");
    await stage.box.start();
    const ana = stage.person("ana");
    await logInToIrc(stage, ana, "anna");
    const room = await ana.join(`#irc_#lobby:${stage.domain}`);
    await ana.send(room, "here I am");
    await irc.until((it) => it.said("#lobby").some(({ nick }) => nick === "anna"), 20_000);
    carl.say("#lobby", "and I");
    await ana.untilText(room, "and I");
    carl.raw("@+typing=active TAGMSG #lobby");
    await seesTyping(ana, /^@irc_carl/);
    await ana.typing(room, true);
    await carl.until(({ tags }) => tags.get("+typing") === "active", 20_000);
  },
);
