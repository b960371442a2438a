import assert from "node:assert/strict";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { buildDoublePuppet, writeRegistration } from "@bridgebox/registration";
import type { Registration } from "@bridgebox/registration";
import { configFor, doctor, knowing, path, registered, serve, inFolder } from "./fixture.ts";
import type { Reply } from "./fixture.ts";

/** Asked about the second registration by a homeserver that knows both, or says otherwise; its lines. */
const puppetLines = async (
  change: { token?: string; reply?: Reply; file?: object; more?: readonly string[] } = {},
): Promise<string> => {
  let made: Registration | undefined;
  let token = "";
  const address = await serve((url, given) => {
    const said = change.reply?.(url, given);
    if (said !== undefined) return said;
    const puppets = given === token && new URL(url, "http://x").searchParams.get("user_id");
    if (puppets) return { body: { user_id: puppets } };
    return knowing(() => made)(url, given);
  });
  const config = await configFor(address, "double_puppet:\n  registration: doublepuppet.yaml");
  made = registered(config);
  const second = buildDoublePuppet(config);
  token = change.token ?? second.as_token;
  writeRegistration(path("doublepuppet.yaml"), { ...second, ...change.file });
  const { text } = await doctor(undefined, change.more);
  assert.doesNotMatch(text, new RegExp(`${second.as_token}|${second.hs_token}`));
  const lines = text.split("\n");
  return lines
    .flatMap((line, index) => (line.includes("double puppet") ? [line, lines[index + 1]] : []))
    .join("\n");
};

inFolder("the second registration: as it should be, and known to the homeserver", async () => {
  const named = path("homeserver.yaml");
  const both = ["registration.yaml", "doublepuppet.yaml"].map((name) => `  - ${path(name)}\n`);
  writeFileSync(named, `app_service_config_files:\n${both.join("")}`);
  const text = await puppetLines({ more: ["--homeserver-config", named] });
  for (const check of ["", " mode", " match", " in the homeserver config", " token"])
    assert.match(text, new RegExp(`^ok {7}double puppet${check}: `, "m"));
  writeFileSync(named, `app_service_config_files:\n${both[0]}`);
  assert.match(
    await puppetLines({ more: ["--homeserver-config", named] }),
    /^failed {3}double puppet in the homeserver config: .* does not name .*doublepuppet\.yaml\.\n +→ .*`register`/m,
  );
});

inFolder("the second registration: not there, not as the config asks, open to others", async () => {
  await configFor("http://127.0.0.1:9");
  assert.match((await doctor()).text, /^skipped {2}double puppet: It rests on the registration/m);
  const other = [{ regex: "^@.*:other\\.test$", exclusive: true }];
  const file = { url: "http://box.test", namespaces: { users: other, aliases: [], rooms: [] } };
  assert.match(
    await puppetLines({ file }),
    /^failed {3}double puppet match: .*- url: http:\/\/box\.test; .*\+ url: null; .*\(not exclusive\).*\n +→ Run `npm run register -- -c .* --double-puppet`, then restart/m,
  );
  chmodSync(path("doublepuppet.yaml"), 0o644);
  assert.match(
    (await doctor()).text,
    /^failed {3}double puppet mode: .*doublepuppet\.yaml \(mode 0644\)/m,
  );
  rmSync(path("doublepuppet.yaml"));
  const { text } = await doctor();
  assert.match(
    text,
    /^failed {3}double puppet: There is no .*\n +→ Run `npm run .* --double-puppet`/m,
  );
  assert.match(text, /^skipped {2}double puppet token: /m);
  await configFor("http://127.0.0.1:9");
  assert.match(
    (await doctor()).text,
    /^skipped {2}double puppet: .*ghosts speak for everybody but/m,
  );
});

inFolder(
  "the second registration: not read, out of bounds, and before the bot is there",
  async () => {
    assert.match(
      await puppetLines({ token: "other" }),
      /^failed {3}double puppet token: .*has not read .*doublepuppet\.yaml.*\n +→ Put the lines that `npm run .* --double-puppet` prints/m,
    );
    const asBot = (url: string): boolean => url.includes("whoami?user_id=");
    const refused: Reply = (url) =>
      asBot(url)
        ? { status: 403, body: { errcode: "M_FORBIDDEN" } }
        : url.includes("/profile/")
          ? { body: {} }
          : undefined;
    assert.match(
      await puppetLines({ reply: refused }),
      /^failed {3}double puppet token: .*does not let it act as @bridgebox:server\.test, so not as people.*\n +→ Let the homeserver read .*doublepuppet\.yaml/m,
    );
    const early: Reply = (url, token) =>
      url.includes("/profile/") ? { status: 404, body: {} } : refused(url, token);
    assert.match(
      await puppetLines({ reply: early }),
      /^skipped {2}double puppet token: @bridgebox:server\.test is not there yet/m,
    );
    const deaf: Reply = (url) =>
      asBot(url) ? { body: { user_id: "@else:server.test" } } : undefined;
    assert.match(
      await puppetLines({ reply: deaf }),
      /^failed {3}double puppet token: The homeserver did not say that .*HTTP 200, @else:server\.test/m,
    );
  },
);

inFolder("other homeservers whose people may give a token: each answers, or is told", async () => {
  const other = await serve((url) =>
    url.endsWith("/client/versions") ? { body: { versions: ["v1.12"] } } : undefined,
  );
  const page = await serve(() => ({ body: {} }));
  const servers = [`far.test: ${other}`, `page.test: ${page}`, "gone.test: http://127.0.0.1:9"];
  const more = ["double_puppet:", "  servers:", ...servers.map((line) => `    ${line}`)].join("\n");
  registered(await configFor(await serve(() => undefined), more));
  const { text } = await doctor();
  assert.match(text, /^ok {7}double puppet server: far\.test answers/m);
  assert.match(text, /^failed {3}double puppet server: Nothing at .* speaks Matrix/m);
  assert.match(
    text,
    /^failed {3}double puppet server: gone\.test was not asked: nothing listens.*\n +→ Put the address/m,
  );
});
