import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { load } from "js-yaml";
import { everyCap } from "../networks/irc/settings.ts";
import { discord } from "../pass/discord.ts";
import { irc, ownIrc } from "../pass/irc.ts";
import type { Network } from "../pass/network.ts";
import { install } from "../pass/place.ts";
import { slack } from "../pass/slack.ts";
import { tellPass } from "../pass/story.ts";
import { telegram } from "../pass/telegram.ts";
import { MatrixUser } from "../sandbox/client.ts";
import { SandboxHomeserver } from "../sandbox/homeserver/index.ts";
import type { Registration } from "../sandbox/homeserver/index.ts";

const pass = (name: string, open: () => Promise<Network>): void => {
  void test(`from nothing through ${name} and out again`, { timeout: 120_000 }, async () => {
    const homeserver = await SandboxHomeserver.listen({ serverName: "sandbox.test" });
    const network = await open();
    const { url, serverName: domain } = homeserver;
    const { registrations, remove, ...installed } = await install({ url, domain }, [network]);
    const { box } = installed;
    try {
      for (const file of registrations)
        homeserver.addAppservice(load(readFileSync(file, "utf8")) as Registration);
      await box.start();
      const person = (who: string): Promise<MatrixUser> =>
        Promise.resolve(new MatrixUser({ url, ...homeserver.addUser(who) }));
      await tellPass({ ...installed, person }, network);
      assert.deepEqual(network.wrong(), [], "said to the network against its rules");
    } catch (error) {
      const lines = box.log.split("\n").filter((line) => /"level":"(?:warn|error)"/.test(line));
      throw new Error(`${String(error)}\n${lines.join("\n")}`, { cause: error });
    } finally {
      await box.stop();
      await network.close();
      await homeserver.close();
      remove();
    }
  });
};

pass("plain IRC", async () => irc(await ownIrc([])));
pass("IRC with message tags", async () => irc(await ownIrc(everyCap)));
pass("Slack", slack);
pass("Discord", discord);
pass("Telegram", telegram);
