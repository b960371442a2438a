import assert from "node:assert/strict";
import { MemoryHost } from "@bridgebox/core/testing";
import type { Batch, ChatInfo, ChatRef } from "@bridgebox/core/adapter";
import type { Account, Channel, TelegramServer } from "../../../test/networks/telegram/index.ts";
import { texts } from "./testing/heard.ts";
import { onTelegram } from "./testing/on-telegram.ts";
import { type Fixture } from "./testing/world.ts";

let server: TelegramServer;
let world: Fixture;
const test = onTelegram((opened) => {
  world = opened;
  ({ server } = opened);
});

/** A core that looks up a chat before it keeps the first that is told of it. */
class AskingHost extends MemoryHost {
  ask: ((chat: ChatRef) => Promise<ChatInfo>) | undefined;
  told: ChatInfo | undefined;

  override beforeCommit = async ({ events }: Batch): Promise<void> => {
    const { ask } = this;
    const first = events.find((it) => "chat" in it);
    if (ask === undefined || first === undefined || !("chat" in first)) return;
    this.ask = undefined;
    this.told = await ask(first.chat);
  };
}

const ways = {
  "a message": (bob: Account, group: Channel) => server.say(bob, group, "hello"),
  "what has no number": (bob: Account, group: Channel) => server.typing(bob, group),
};

for (const [name, happen] of Object.entries(ways)) {
  test(`a channel is looked up while the first thing of it is being kept (${name})`, async () => {
    const { alice, bob, goLive } = world;
    const core = new AskingHost();
    const live = await goLive(alice, core);
    const states = core.states.length;
    const group = server.addSupergroup("Lounge", [bob, alice], { username: `met${alice.id}` });
    await live.connection.resolve?.(`@met${alice.id}`, AbortSignal.timeout(5000));
    core.ask = (chat) => live.connection.describe(chat, AbortSignal.timeout(5000));
    happen(bob, group);
    const info = await core.until(() => core.told);
    assert.equal(info.name, "Lounge");
    server.say(bob, group, "after");
    await core.until(() => texts(core).includes("after"));
    assert.equal(core.states.length, states, "the connection stays");
    assert.deepEqual(core.of("gap"), []);
  });
}
