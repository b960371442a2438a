import assert from "node:assert/strict";
import { test } from "node:test";

import type { Json, LogData } from "../adapter/index.ts";
import { createLog } from "./log.ts";
import type { LogLevel } from "./log.ts";

const logTo = (format: "json" | "pretty", level: LogLevel = "debug") => {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  return { lines, log: createLog({ level, format, write, now: () => 0 }) };
};

const written = (data: LogData, message = "said"): string => {
  const json = logTo("json");
  json.log.info(message, data);
  const pretty = logTo("pretty");
  pretty.log.info(message, data);
  assert.equal(json.lines.length + pretty.lines.length, 2);
  return [...json.lines, ...pretty.lines].join("");
};

test("a line says when, how bad, what and with which values, in both formats", () => {
  assert.equal(
    written({ chat: "#lobby", count: 2, says: "two words", none: undefined }),
    '{"time":"1970-01-01T00:00:00.000Z","level":"info","message":"said","chat":"#lobby","count":2,' +
      '"says":"two words"}\n00:00:00.000 INFO  said chat=#lobby count=2 says="two words"\n',
  );
});

test("a value whose name is that of a secret is never written", () => {
  for (const key of [
    "token",
    "asToken",
    "AS_TOKEN",
    "hs-token",
    "password",
    "saslPassword",
    "secret",
    "session",
    "sessionId",
    "code",
    "loginCode",
    "api_hash",
    "Authorization",
    "cookie",
    "boxKey",
  ]) {
    assert.doesNotMatch(written({ [key]: "hunter2" }), /hunter2/, key);
    assert.doesNotMatch(written({ deep: [{ [key]: { in: "hunter2" } }] }), /hunter2/, key);
    assert.doesNotMatch(written({ [key]: 4_711_815 }), /4711815/, key);
  }
});

test("names that only look like those of secrets, and error codes, are written", () => {
  assert.match(written({ tokenizer: "plain", decoded: "plain2" }), /plain.*plain2/s);
  for (const code of ["rate_limit", "ECONNRESET", "M_FORBIDDEN", "ERR_STREAM"]) {
    assert.match(written({ code }), new RegExp(code));
  }
  for (const code of ["12345", "hunter2"]) {
    assert.doesNotMatch(written({ code }), new RegExp(code));
  }
});

test("secrets inside of text are masked wherever they stand", () => {
  const bot = `110201543:${"A".repeat(35)}`;
  for (const text of [
    "GET /sync?access_token=hunter2&since=1",
    "Authorization: Bearer hunter2",
    "postgres://box:hunter2@db/x",
    "it failed with password=hunter2",
    "the token is syt_hunter2abc_def",
    `${"x".repeat(490)} access_token=hunter2`,
  ]) {
    assert.doesNotMatch(written({ error: text }), /hunter2/, text);
    assert.doesNotMatch(written({}, text), /hunter2/, text);
  }
  for (const token of [
    "xoxb-123456789012-AAAAAAAAAAAA",
    "xoxe.xoxp-1-AAAAAAAAAAAA",
    "d=xoxd-abc%2BAAAAAAAAAAAA%3D",
    "xapp-1-A0123456789-AAAAAAAAAAAA",
    `${"M".repeat(24)}.Gabcde.${"A".repeat(38)}`,
    `https://network.test/api/v10/webhooks/123456789012345678/${"A".repeat(68)}?wait=true`,
    `/interactions/123456789012345678/${"A".repeat(120)}/callback`,
  ])
    assert.doesNotMatch(written({ error: `of ${token} nothing is known` }), /AAAA/, token);
  for (const name of [
    "matrix.example.org",
    "bridges.bridgebox.example-homeserver.organisation.test",
  ])
    assert.ok(written({ server: name }).includes(name), name);
  assert.doesNotMatch(written({ error: `bot ${bot} is gone` }), /AAAA/);
  assert.doesNotMatch(written({ error: `${"x ".repeat(240)}${bot}` }), /AAAA/);
});

test("nothing from outside forges a line, turns it around or fills the disk", () => {
  const said = written({ name: "a\r\nERROR forged\u001B[2J\u202Eevil\u2028x" });
  assert.equal(said.split("\n").length, 3);
  assert.doesNotMatch(said.replaceAll("\n", ""), /[\p{Cc}\u202E\u2028]/u);
  assert.match(said, /202e/);
  assert.ok(written({ text: "x".repeat(100_000) }).length < 1500);
  assert.ok(written({ list: Array.from({ length: 10_000 }, () => "item") }).length < 1500);
  assert.ok(written({ ["k".repeat(10_000)]: 1 }).length < 1500);
  let deep: { readonly [key: string]: Json } = { end: "reached" };
  for (let level = 0; level < 50; level++) deep = { deep };
  assert.doesNotMatch(written(deep), /reached/);
  assert.doesNotThrow(() => JSON.parse(written({ text: "\uD800" }).split("\n")[0] ?? ""));
});

test("fields of the line itself cannot be taken by data", () => {
  const { lines, log } = logTo("json");
  log.error("real", { level: "debug", time: "never", message: "forged" });
  const line: unknown = JSON.parse(lines[0] ?? "");
  assert.deepEqual(line, {
    time: "1970-01-01T00:00:00.000Z",
    level: "error",
    message: "real",
    level_: "debug",
    time_: "never",
    message_: "forged",
  });
});

test("children carry their fields and follow the level, which changes while running", () => {
  const { lines, log } = logTo("pretty", "warn");
  const child = log.child({ network: "one" }).child({ login: "two" });
  child.info("not yet");
  log.setLevel("info");
  child.info("now", { login: "three" });
  child.debug("never");
  assert.deepEqual(lines, ["00:00:00.000 INFO  now network=one login=three\n"]);
});
