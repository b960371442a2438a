import assert from "node:assert/strict";
import { endOf, everythingEnded, outcomesFor, story } from "./kit.ts";

const quick = { ircConfig: { reconnect: { min_seconds: 1, max_seconds: 1 } } } as const;

story("what waits for a network can be changed and taken back", quick, async (stage) => {
  const { irc } = stage;
  const before = await irc.user("carl");
  await before.join("#wait");
  await stage.box.start();
  await irc.until((it) => it.lookup("bridgebox") !== undefined, 20_000);
  const ana = stage.person("ana");
  const bob = stage.person("bob");
  const room = await ana.join(`#irc_#wait:${stage.domain}`);
  await bob.join(room);
  await ana.send(room, "before");
  await before.until((line) => line.params.at(-1) === "<ana> before");

  await irc.stop();
  await stage.box.until((log) => /"login":"irc:relay","state":"reconnecting","why":/.test(log));
  const waits = await ana.send(room, "helo");
  const gone = await ana.send(room, "never mind");
  const last = await ana.send(room, "last");
  const edit = await ana.edit(room, waits, "hello");
  const again = await ana.edit(room, waits, "hello all");
  const foreign = await bob.edit(room, waits, "forged");
  const taken = await ana.redact(room, gone);
  assert.equal(await endOf(stage, taken), "delivered");
  assert.equal(await endOf(stage, gone), "not_bridged");
  await irc.start();
  const carl = await irc.user("carl");
  await carl.join("#wait");
  await carl.until((line) => line.params.at(-1) === "<ana> last", 20_000);
  const words = carl.seen.filter((line) => line.command === "PRIVMSG").map((l) => l.params.at(-1));
  assert.deepEqual(words, ["<ana> hello all", "<ana> last"]);
  const events = [waits, gone, last, edit, again, foreign, taken];
  await everythingEnded(stage, { events });
  const states = await Promise.all(events.map((event) => outcomesFor(stage, event)));
  assert.deepEqual(
    states.map(([one]) => one?.["state"]),
    ["delivered", "not_bridged", "delivered", "delivered", "delivered", "not_bridged", "delivered"],
  );
  const unknown = await ana.redact(room, gone);
  assert.equal(await endOf(stage, unknown), "not_bridged");
});
