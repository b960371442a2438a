import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { IrcPerson } from "../networks/irc/index.ts";
import type { Account, Chat } from "../networks/telegram/model.ts";
import { until } from "../sandbox/client.ts";
import type { MatrixUser } from "../sandbox/client.ts";
import { boxBot, doraOn } from "../stage/lobby.ts";
import { boundAlias, followReadme, openRealWorld, whyNoRealWorld } from "./real-world.ts";
import type { RealWorld } from "./real-world.ts";

const reason = await whyNoRealWorld();
const burst = 80;
const numbers = (texts: readonly string[], tag: string): number[] =>
  texts.flatMap((text) => {
    const found = new RegExp(String.raw`(?:^|[> ])${tag} (\d+)$`).exec(text);
    return found ? [Number(found[1])] : [];
  });
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe(
  "Synapse, ngIRCd, Telegram and the box, by the README",
  { skip: reason ?? false, timeout: 600_000 },
  () => {
    let world: RealWorld;
    let start: string;
    let ana: MatrixUser;
    let carl: IrcPerson;
    let room: string;
    let lobby: string;
    let management: string;
    let dora: Account;
    let anaThere: Account;
    let group: Chat;
    let den: Chat;

    before(async () => {
      world = await openRealWorld();
      carl = await world.irc("carl");
      await carl.join("#chan");
      await carl.join("#lobby");
      ana = await world.person("ana");
      await ana.setDisplayname("Ana");
      lobby = await ana.createRoom({ preset: "public_chat", room_alias_name: boundAlias });
      const { telegram } = world;
      const bot = boxBot(telegram);
      dora = doraOn(telegram);
      anaThere = telegram.addUser({ phone: "15550009", firstName: "Ana", username: "anathe" });
      group = telegram.addSupergroup("The lobby", [dora, bot, anaThere], { username: "thelobby" });
      den = telegram.addSupergroup("The den", [dora, bot], { username: "theden" });
    });

    after(async () => {
      await world.close();
    });

    const heard = (who: IrcPerson, text: string, from = 0) =>
      who.until(
        (line, index) => index >= from && line.command === "PRIVMSG" && line.params[1] === text,
        20_000,
      );
    const ghost = (nick: string): string => `@irc_${nick}:${world.domain}`;
    const membership = (who: string, state: string, where: () => string) =>
      ana.until(
        (event) =>
          event.type === "m.room.member" &&
          event.room_id === where() &&
          event.state_key === who &&
          event.content["membership"] === state,
      );
    const reply = (pattern: RegExp, from: number): Promise<unknown> =>
      ana.until(
        (event) =>
          ana.seen.indexOf(event) >= from &&
          event.room_id === management &&
          event.sender === `@bridgebox:${world.domain}` &&
          pattern.test(String(event.content["body"])),
        30_000,
      );
    const tell = async (text: string, answer: RegExp): Promise<void> => {
      const from = ana.seen.length;
      await ana.send(management, text);
      await reply(answer, from);
    };
    const bothWays = async (word: string): Promise<void> => {
      carl.say("#chan", `${word} from IRC`);
      assert.equal(
        (await ana.untilText(room, `${word} from IRC`, 30_000)).sender,
        ghost(carl.nickname),
      );
      await ana.send(room, `${word} from Matrix`);
      await heard(carl, `<Ana> ${word} from Matrix`);
    };

    it("starts by the README's own commands", async () => {
      start = await followReadme(world);
    });

    it("carries text both ways through a channel joined by its alias", async () => {
      room = await ana.join(`#irc_#chan:${world.domain}`);
      await bothWays("hello");
    });

    it("says the same word ten times", async () => {
      for (const _ of upTo(10)) carl.say("#chan", "again");
      carl.say("#chan", "enough");
      await ana.untilText(room, "enough");
      assert.equal(ana.texts(room).filter((text) => text === "again").length, 10);
    });

    it("swaps the ghost when a nick changes", async () => {
      await carl.nick("carlos");
      await membership(ghost("carl"), "leave", () => room);
      await membership(ghost("carlos"), "join", () => room);
      carl.say("#chan", "I am carlos now");
      assert.equal((await ana.untilText(room, "I am carlos now")).sender, ghost("carlos"));
    });

    it("shows a kick and a topic", async () => {
      const eve = await world.irc("eve");
      await eve.join("#chan");
      eve.say("#chan", "rude word");
      await ana.untilText(room, "rude word");
      await carl.kick("#chan", "eve", "be kind");
      await membership(ghost("eve"), "leave", () => room);
      await carl.topic("#chan", "All about channels");
      await ana.until(
        (event) => event.room_id === room && event.content["topic"] === "All about channels",
      );
    });

    it("carries a room that the config binds to IRC and Telegram", async () => {
      await ana.send(lobby, "hello, lobby");
      await heard(carl, "<Ana> hello, lobby");
      await world.telegram.until(() =>
        world.telegram.messages(group).some((post) => post.text === "Ana: hello, lobby"),
      );
      world.telegram.say(dora, group, "dora says hello");
      await ana.untilText(lobby, "dora says hello");
      await heard(carl, "<Dora> dora says hello");
    });

    it("carries a room that a command binds", async () => {
      const bot = `@bridgebox:${world.domain}`;
      management = await ana.createRoom({
        preset: "trusted_private_chat",
        invite: [bot],
        is_direct: true,
      });
      await membership(bot, "join", () => management);
      const made = await ana.createRoom({ preset: "private_chat", invite: [bot] });
      await membership(bot, "join", () => made);
      await ana.send(made, "!bridgebox bridge telegram theden");
      await ana.until(
        (event) => event.room_id === made && /is bridged to/.test(String(event.content["body"])),
      );
      await ana.send(made, "into the den");
      await world.telegram.until(() =>
        world.telegram.messages(den).some((post) => post.text === "Ana: into the den"),
      );
    });

    it("opens a private chat on IRC by an invitation, under one's own nick", async () => {
      await tell("login irc nick", /Nick\?/);
      await tell("ana-irc", /Account\?/);
      await tell("-", /^Logged in as ana-irc/);
      const direct = await ana.createRoom({
        invite: [ghost("carlos")],
        is_direct: true,
        preset: "trusted_private_chat",
      });
      await membership(ghost("carlos"), "join", () => direct);
      await ana.send(direct, "psst");
      const line = await carl.until(
        (one) => one.command === "PRIVMSG" && one.params[1] === "psst",
        20_000,
      );
      assert.equal(line.from, "ana-irc");
      assert.equal(line.params[0], "carlos");
      carl.say("ana-irc", "yes?");
      assert.equal((await ana.untilText(direct, "yes?")).sender, ghost("carlos"));
    });

    it("opens a private chat on Telegram by an invitation", async () => {
      const { telegram } = world;
      await tell("login telegram phone", /phone/i);
      await tell("+15550009", /Code\?/);
      await tell(telegram.code("15550009"), /^Logged in as/);
      telegram.say(dora, group, "welcome");
      await ana.untilText(lobby, "welcome");
      const doraGhost = ana.seen.find(
        (event) => event.content["body"] === "dora says hello",
      )?.sender;
      assert.ok(doraGhost);
      const direct = await ana.createRoom({
        invite: [doraGhost],
        is_direct: true,
        preset: "trusted_private_chat",
      });
      await membership(doraGhost, "join", () => direct);
      await ana.send(direct, "hello in private");
      await telegram.until(() =>
        telegram.messages(anaThere, dora).some((post) => post.text === "hello in private"),
      );
      telegram.say(dora, anaThere, "hello back");
      assert.equal((await ana.untilText(direct, "hello back")).sender, doraGhost);
    });

    it("logs out, and is relayed again", async () => {
      await tell("logout irc:ana-irc", /logged out/);
      await bothWays("after the logout");
    });

    it("goes on when Synapse was restarted", async () => {
      await world.synapse.stop();
      carl.say("#chan", "while Synapse was away");
      await world.synapse.restart();
      await ana.untilText(room, "while Synapse was away", 30_000);
      await bothWays("after Synapse");
    });

    it("goes on when ngIRCd was restarted, and marks the gap", async () => {
      await world.ngircd.restart();
      carl = await world.irc("carlos");
      await carl.join("#chan");
      await carl.join("#lobby");
      await until(
        "the box is back in the channel",
        async () => {
          const from = carl.seen.length;
          await carl.command("NAMES #chan");
          return carl.seen
            .slice(from)
            .some((line) => /\bbridgebox\b/.test(line.params.at(-1) ?? ""));
        },
        30_000,
      );
      await bothWays("after ngIRCd");
    });

    it("goes on when the box was restarted", async () => {
      await world.checkout.end("SIGTERM");
      await ana.send(room, "while the box was away");
      await world.checkout.start(start);
      await heard(carl, "<Ana> while the box was away");
      await bothWays("after the box");
    });

    it("loses and doubles nothing that it read from IRC when it is killed in a burst", async (t) => {
      const from = carl.seen.length;
      for (const index of upTo(burst)) carl.say("#chan", `up ${index}`);
      carl.say("bridgebox", "\u0001PING read\u0001");
      await carl.until(
        (line, at) => at >= from && line.command === "NOTICE" && /PING read/.test(line.raw),
      );
      await ana.untilText(room, "up 5");
      await world.checkout.end("SIGKILL");
      assert.ok(!ana.texts(room).includes(`up ${burst - 1}`), "it is killed in the middle");
      carl.say("#chan", "said to nobody");
      const killed = Date.now();
      await world.checkout.start(start);
      const back = await carl.until(
        (line, at) => at >= from && line.command === "JOIN" && line.from === "bridgebox",
        20_000,
      );
      t.diagnostic(`back in the channel after ${back.at - killed} ms`);
      carl.say("#chan", `up ${burst}`);
      await ana.untilText(room, `up ${burst}`, 60_000);
      const shown = numbers(ana.texts(room), "up");
      assert.equal(new Set(shown).size, shown.length, `doubled: ${shown.join(" ")}`);
      assert.deepEqual(shown, [...upTo(burst), burst], "all that it read, in order");
      const texts = ana.texts(room);
      const gap = texts.findLastIndex((text) => /may be missing here/.test(text));
      assert.ok(
        gap > texts.indexOf(`up ${burst - 1}`) && gap < texts.indexOf(`up ${burst}`),
        "the gap stands where it is",
      );
    });

    it("loses and doubles nothing that Synapse gave it when it is killed in a burst", async () => {
      const from = carl.seen.length;
      for (const index of upTo(burst)) {
        await ana.send(room, `down ${index}`);
        if (index !== burst / 2) continue;
        await world.checkout.end("SIGKILL");
        await world.checkout.start(start);
      }
      await carl.until(
        (line, at) => at >= from && line.params[1] === `<Ana> down ${burst - 1}`,
        60_000,
      );
      const lines = carl.seen
        .slice(from)
        .filter((line) => line.command === "PRIVMSG")
        .map((line) => line.params[1] ?? "");
      const arrived = numbers(lines, "down");
      const told = (): readonly string[] =>
        ana.texts(room).filter((text) => /^Your message (?:may|did) not/.test(text));
      if (arrived.length < burst)
        await until(
          `it is said what did not arrive; these did: ${arrived.join(" ")}`,
          async () => {
            await ana.sync();
            return told().length >= burst - arrived.length;
          },
          5_000,
        );
      const doubts = told().length;
      assert.ok(doubts <= 1, told().join("\n"));
      assert.equal(new Set(arrived).size, arrived.length, `doubled: ${arrived.join(" ")}`);
      assert.ok(arrived.length + doubts >= burst, `lost without a word: ${arrived.join(" ")}`);
      assert.deepEqual(
        arrived,
        arrived.toSorted((one, other) => one - other),
      );
    });

    it("sent Telegram nothing that it does not know", () => {
      assert.deepEqual(world.telegram.unhandled, []);
      assert.deepEqual(world.telegram.faults, []);
    });

    it("stored everything that it was told, whoever told it first", () => {
      assert.doesNotMatch(world.checkout.log, /could not store/);
    });
  },
);
