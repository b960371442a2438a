import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SlackServer } from "./index.ts";
import { textOf } from "./model.ts";
import { methodNames } from "./web.ts";

describe("every method", () => {
  test("gives a result, and each refusal, as it is described", { timeout: 20_000 }, async () => {
    const server = await SlackServer.listen();
    try {
      const { app, bot, botToken } = server.addApp();
      const [ana, bob] = [server.addUser("ana"), server.addUser("bob", { image: server.url })];
      const general = server.addChannel("general", [bob, ana, bot]);
      const elsewhere = server.addChannel("elsewhere", [bob]);
      server.addChannel("secret", [bob, bot], "private");
      server.direct(bob, bot);
      server.direct(ana, bob, bot);
      const group = server.world.id("S");
      server.world.groups.set(group, "helpers");
      server.world.emoji.set("parrot", `${server.url}/emoji/parrot.png`);
      const session = server.addToken("session", ana);
      const person = server.addToken("user", bob, app);
      const said = server.say(bob, general, "hello");
      server.say(bob, general, "an answer", { thread: said });
      server.say(undefined, general, "built", {
        username: "Build",
        icon: `${server.url}/avatar/x.png`,
        botId: "B0BUILDER1",
        attachments: [{ title: "Log", text: "all is well" }],
      });
      const file = server.addFile(bob, "dog.png", new Uint8Array(3), { mime: "image/png" });
      server.say(bob, general, "my dog", { files: [file] });
      const context = server.feed.sent.at(-1)?.["event_context"];
      const code = server.world.id("code");
      server.world.codes.set(code, { app, user: ana, scopes: "chat:write" });

      const asked: string[] = [];
      type Asked = { readonly token?: string; readonly cookie?: string };
      const call = async (
        method: string,
        args: Readonly<Record<string, string>> = {},
        { token = botToken.text, cookie = "" }: Asked = {},
      ): Promise<Readonly<Record<string, unknown>>> => {
        asked.push(method);
        const response = await fetch(`${server.apiUrl}${method}`, {
          method: "POST",
          headers: { authorization: `Bearer ${token}`, cookie: `d=${cookie}` },
          body: new URLSearchParams(args),
        });
        return (await response.json()) as Readonly<Record<string, unknown>>;
      };
      const works = async (...args: Parameters<typeof call>): ReturnType<typeof call> => {
        const answer = await call(...args);
        assert.equal(answer["ok"], true, `${args[0]}: ${JSON.stringify(answer)}`);
        return answer;
      };
      const fails = async (error: string, ...args: Parameters<typeof call>): Promise<void> => {
        assert.equal((await call(...args))["error"], error, args[0]);
      };

      const channel = general.id;
      const ofApp: Asked = { token: app.appToken };
      const browser: Asked = { token: session.text, cookie: session.cookie ?? "" };
      await works("auth.test");
      await works("auth.test", {}, { token: person.text });
      await works("team.info");
      await works("users.list", { limit: "2" });
      await works("users.info", { user: bot.id });
      await works("users.getPresence", { user: bob.id });
      await works("users.setPresence", { presence: "auto" });
      await works("bots.info", { bot: bot.botId ?? "" });
      await works("usergroups.list");
      await works("emoji.list");
      await works("apps.connections.open", {}, ofApp);
      await works("apps.event.authorizations.list", { event_context: textOf(context) }, ofApp);
      await works("rtm.connect", { batch_presence_aware: "true" }, browser);
      const secrets = { client_id: app.clientId, client_secret: app.clientSecret };
      await works("oauth.v2.access", { code, ...secrets });
      const types = "public_channel,private_channel,mpim,im";
      await works("conversations.list", { types });
      await works("users.conversations", { types, limit: "2" });
      await works("conversations.info", { channel });
      await works("conversations.members", { channel });
      await works("conversations.history", { channel, limit: "2" });
      await works("conversations.replies", { channel, ts: said.ts });
      await works("conversations.join", { channel: elsewhere.id });
      await works("conversations.leave", { channel: elsewhere.id });
      await works("conversations.open", { users: ana.id });
      await works("conversations.create", { name: "new-one" });
      await works("conversations.kick", { channel, user: ana.id });
      await works("conversations.invite", { channel, users: ana.id });
      await works("conversations.mark", { channel, ts: said.ts });
      await works("conversations.setTopic", { channel, topic: "tea" });
      await works("conversations.rename", { channel, name: "tea" });
      const metadata = JSON.stringify({ event_type: "x", event_payload: { key: "1" } });
      const named = { username: "Ana", icon_url: `${server.url}/avatar/ana.png`, metadata };
      const { ts } = await works("chat.postMessage", { channel, text: "hi", ...named });
      assert(typeof ts === "string");
      await works("chat.postMessage", { channel, text: "re", thread_ts: said.ts });
      await works("conversations.history", { channel, include_all_metadata: "true" });
      await works("chat.meMessage", { channel, text: "waves" });
      await works("chat.update", { channel, ts, text: "hi all" });
      await works("reactions.add", { channel, timestamp: ts, name: "tada" });
      await works("reactions.remove", { channel, timestamp: ts, name: "tada" });
      await works("pins.add", { channel, timestamp: ts });
      await works("pins.list", { channel });
      await works("pins.remove", { channel, timestamp: ts });
      await works("chat.delete", { channel, ts });
      await works("files.info", { file: file.id });
      const place = await works("files.getUploadURLExternal", { filename: "a.txt", length: "3" });
      await fetch(String(place["upload_url"]), { method: "POST", body: "abc" });
      const files = JSON.stringify([{ id: place["file_id"], title: "a" }]);
      await works("files.completeUploadExternal", { files, channel_id: channel });

      const none = "C0NOTHERE00";
      await fails("channel_not_found", "conversations.info", { channel: none });
      await fails("channel_not_found", "chat.postMessage", { channel: none, text: "x" });
      await fails("not_in_channel", "chat.postMessage", { channel: elsewhere.id, text: "x" });
      await fails("no_text", "chat.postMessage", { channel });
      await fails("cannot_reply_to_message", "chat.postMessage", {
        channel,
        text: "x",
        thread_ts: "1700000000.000001",
      });
      await fails("not_in_channel", "conversations.history", { channel: elsewhere.id });
      await fails("thread_not_found", "conversations.replies", {
        channel,
        ts: "1700000000.000001",
      });
      await fails("message_not_found", "chat.update", { channel, ts, text: "x" });
      await fails("message_not_found", "chat.delete", { channel, ts });
      await fails("cant_update_message", "chat.update", { channel, ts: said.ts, text: "x" });
      await fails("cant_delete_message", "chat.delete", { channel, ts: said.ts });
      await fails("message_not_found", "reactions.add", { channel, timestamp: ts, name: "tada" });
      await fails("no_reaction", "reactions.remove", { channel, timestamp: said.ts, name: "tada" });
      await fails("no_pin", "pins.remove", { channel, timestamp: said.ts });
      await fails("user_not_found", "users.info", { user: "U0NOTHERE00" });
      await fails("bot_not_found", "bots.info", { bot: "B0NOTHERE00" });
      await fails("file_not_found", "files.info", { file: "F0NOTHERE00" });
      await fails("missing_argument", "files.getUploadURLExternal", { filename: "a", length: "0" });
      await fails("name_taken", "conversations.create", { name: "elsewhere" });
      await fails("invalid_name_specials", "conversations.create", { name: "Not-So" });
      await fails("already_in_channel", "conversations.invite", { channel, users: ana.id });
      await fails("not_in_channel", "conversations.kick", { channel: elsewhere.id, user: ana.id });
      await fails("invalid_code", "oauth.v2.access", { code, ...secrets });
      await fails("not_allowed_token_type", "apps.connections.open");
      await fails("not_allowed_token_type", "rtm.connect");
      await fails("invalid_auth", "auth.test", {}, { token: "xoxb-nobody" });
      await fails("invalid_auth", "auth.test", {}, { token: session.text });
      botToken.scopes.delete("pins:read");
      await fails("missing_scope", "pins.list", { channel });
      server.archive(general, bob);
      await fails("is_archived", "chat.postMessage", { channel, text: "x" });
      await works("auth.revoke", {}, { token: person.text });
      await fails("token_revoked", "auth.test", {}, { token: person.text });

      server.react(general, said, { user: bob, name: "tea" });
      server.pin(general, said, { user: bob });
      server.pin(general, said, { user: bob, on: false });
      server.remove(general, said);
      server.changeUser(bob, { displayName: "Robert" });
      server.typing(general, bob);
      server.uninstall(app);
      assert.deepEqual(server.violations, []);
      assert.deepEqual([...new Set(asked)].toSorted(), [...methodNames].toSorted());
    } finally {
      await server.close();
    }
  });
});
