import assert from "node:assert/strict";
import { asBody, listOf, textOf } from "../../sandbox/client.ts";
import { actor, fresh, ghost, person, REGISTRATION, refused, room, seg } from "../context.ts";
import type { Case } from "../context.ts";

/** How one user sees a room: account data, tags, push rules. The box sets them for people. */
export const viewCases: readonly Case[] = [
  {
    name: "account data is its owner's: what was set is read, what was not is M_NOT_FOUND",
    run: async (context) => {
      const [one, other] = [await person(context), await person(context)];
      const place = await room(one);
      const self = `/user/${seg(one.userId)}`;
      for (const path of [
        `${self}/account_data/m.direct`,
        `${self}/rooms/${seg(place)}/account_data/m.marked_unread`,
      ]) {
        refused(await one.ask("GET", path), 404, "M_NOT_FOUND");
        await one.ok("PUT", path, { some: ["thing"] });
        assert.deepEqual(await one.ok("GET", path), { some: ["thing"] });
        refused(await other.ask("GET", path), 403, "M_FORBIDDEN");
        refused(await other.ask("PUT", path, {}), 403, "M_FORBIDDEN");
      }
    },
  },
  {
    name: "an appservice sets account data of a user of its namespaces, and of nobody else",
    run: async (context) => {
      const [puppet, someone] = [await ghost(context), await person(context)];
      const path = `/user/${seg(puppet.userId)}/account_data/m.direct`;
      await puppet.ok("PUT", path, { a: [] });
      assert.deepEqual(await puppet.ok("GET", path), { a: [] });
      const { as_token: token } = REGISTRATION;
      const outside = actor(context, { userId: someone.userId, token, masquerade: true });
      const theirs = `/user/${seg(someone.userId)}/account_data/m.direct`;
      refused(await outside.ask("PUT", theirs, {}), 403, "M_FORBIDDEN");
    },
  },
  {
    name: "tags are put on and taken off one by one; one that is not there is taken off as well",
    run: async (context) => {
      const by = await person(context);
      const place = await room(by);
      const tags = `/user/${seg(by.userId)}/rooms/${seg(place)}/tags`;
      assert.deepEqual(await by.ok("GET", tags), { tags: {} });
      await by.ok("PUT", `${tags}/m.favourite`, { order: 0.5 });
      await by.ok("PUT", `${tags}/m.lowpriority`, {});
      await by.ok("DELETE", `${tags}/m.lowpriority`);
      await by.ok("DELETE", `${tags}/m.lowpriority`);
      const tagged = { tags: { "m.favourite": { order: 0.5 } } };
      assert.deepEqual(await by.ok("GET", tags), tagged);
      const synced = await by.ok("GET", "/sync");
      const joined = asBody(asBody(asBody(synced["rooms"])["join"])[place]);
      const kept = listOf(asBody(joined["account_data"]), "events");
      assert.deepEqual(kept.find(({ type }) => type === "m.tag")?.["content"], tagged);
      const other = await person(context);
      refused(await other.ask("PUT", `${tags}/m.favourite`, {}), 403, "M_FORBIDDEN");
    },
  },
  {
    name: "a room is muted by a room rule without actions; what is not there is M_NOT_FOUND",
    run: async (context) => {
      const one = await person(context);
      const place = await room(one);
      const rule = `/pushrules/global/room/${seg(place)}`;
      refused(await one.ask("GET", rule), 404, "M_NOT_FOUND");
      refused(await one.ask("DELETE", rule), 404, "M_NOT_FOUND");
      await one.ok("PUT", rule, { actions: [] });
      await one.ok("PUT", rule, { actions: [] });
      const found = await one.ok("GET", rule);
      const { rule_id, default: isDefault, enabled, actions } = found;
      assert.deepEqual([rule_id, isDefault, enabled, actions], [place, false, true, []]);
      await one.ok("DELETE", rule);
      refused(await one.ask("GET", rule), 404, "M_NOT_FOUND");
    },
  },
  {
    name: "a sync of what somebody keeps about rooms has that and nothing else, and then what changed",
    run: async (context) => {
      const one = await person(context);
      const place = await room(one);
      const self = `/user/${seg(one.userId)}/rooms/${seg(place)}`;
      const filter = {
        presence: { types: [] },
        account_data: { types: ["m.push_rules"] },
        room: {
          state: { types: [] },
          timeline: { types: [], limit: 1 },
          ephemeral: { types: [] },
          account_data: { types: ["m.tag", "m.marked_unread"] },
        },
      };
      const look = async (since: string) => {
        const query = `filter=${seg(JSON.stringify(filter))}&timeout=0&set_presence=offline`;
        const more = since === "" ? "" : `&since=${seg(since)}`;
        const answer = await one.ok("GET", `/sync?${query}${more}`);
        const joined = asBody(asBody(asBody(answer["rooms"])["join"])[place]);
        assert.deepEqual(listOf(asBody(joined["timeline"]), "events"), []);
        assert.deepEqual(listOf(asBody(joined["state"]), "events"), []);
        const kept = listOf(asBody(joined["account_data"]), "events");
        const rules = listOf(asBody(answer["account_data"]), "events");
        return { next: textOf(answer, "next_batch"), kept, rules };
      };
      await one.ok("PUT", `${self}/tags/m.favourite`, {});
      const first = await look("");
      assert.deepEqual(
        first.kept.map(({ type }) => type),
        ["m.tag"],
      );
      const quiet = await look(first.next);
      assert.deepEqual([quiet.kept, quiet.rules], [[], []]);
      await one.ok("PUT", `${self}/account_data/m.marked_unread`, { unread: true });
      await one.ok("PUT", `${self}/account_data/org.example.other`, { a: 1 });
      await one.ok("PUT", `/pushrules/global/room/${seg(place)}`, { actions: [] });
      const news = await look(quiet.next);
      assert.deepEqual(
        news.kept.map(({ type, content }) => [type, content]),
        [["m.marked_unread", { unread: true }]],
      );
      const global = asBody(asBody(news.rules[0]?.["content"])["global"]);
      const rules = listOf(global, "room").map(({ rule_id, actions }) => [rule_id, actions]);
      assert.deepEqual(rules, [[place, []]]);
    },
  },
  {
    name: "an access token that was logged out is M_UNKNOWN_TOKEN",
    run: async (context) => {
      const { userId, accessToken } = await context.newAccount(fresh("out"));
      const first = actor(context, { userId, token: accessToken });
      const device = (await first.ok("GET", "/account/whoami"))["device_id"];
      assert.equal(typeof device, "string");
      await first.ok("POST", "/logout", {});
      refused(await first.ask("GET", "/account/whoami"), 401, "M_UNKNOWN_TOKEN");
    },
  },
];
