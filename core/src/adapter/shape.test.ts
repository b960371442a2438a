import assert from "node:assert/strict";
import { test } from "node:test";

import type { Json } from "./ids.ts";
import { nearest } from "./nearest.ts";

import { problemLine } from "./shape-parts.ts";
import type { Shape } from "./shape-parts.ts";
import {
  choice,
  either,
  flag,
  integer,
  json,
  list,
  object,
  optional,
  record,
  schema,
  text,
} from "./shape.ts";
import type { Shaped } from "./shape.ts";

const server = object(
  {
    host: text({ says: "Where it is.", example: "irc.example.org" }),
    port: integer({ says: "Its port.", min: 1, max: 65_535, default: 6697 }),
    tls: flag({ says: "Whether it is encrypted.", default: true }),
    password: optional(text({ says: "What it asks for.", secret: true, pattern: /[a-z]+/ })),
    mode: choice(["lazy", "full"], { says: "How many.", default: "lazy" }),
    channels: list(text({ says: "One of them." }), { says: "Which.", default: [] }),
    nicks: record(text({ says: "A nick." }), { says: "By name.", default: {} }),
  },
  { says: "A server." },
);

const lines = (value: unknown, of: Shape<unknown> = server): readonly string[] => {
  const parsed = of.read(value, []);
  return parsed.ok ? [] : parsed.problems.map(problemLine);
};

test("what is absent becomes its default, and the static type follows the shape", () => {
  const parsed = schema({ version: 1, shape: server }).parse({ host: "a" });
  assert.ok(parsed.ok);
  const typed: Shaped<typeof server> = parsed.value;
  const port: number = typed.port;
  const mode: "lazy" | "full" = typed.mode;
  const asJson: Json = typed;
  assert.deepEqual(asJson, {
    host: "a",
    port: 6697,
    tls: true,
    mode: "lazy",
    channels: [],
    nicks: {},
  });
  assert.deepEqual([port, mode, typed.password], [6697, "lazy", undefined]);
});

test("all problems are found at once, each with its path", () => {
  assert.deepEqual(
    lines({ hots: "x", port: 70_000, tls: "yes", mode: "lasy", channels: ["#a", 5], nicks: [] }),
    [
      "hots is not a known key. Put host, or remove it.",
      'host is missing. Put text, such as "irc.example.org".',
      "port is 70000. Put a whole number from 1 up to 65535.",
      'tls is "yes". Put true or false.',
      'mode is "lasy". Put "lazy", or another of lazy, full.',
      "channels[1] is 5, which YAML takes for a number. Put it in quotes.",
      "nicks is a list. Put keys with text each.",
    ],
  );
});

test("a secret is in no sentence, whatever is wrong with it", () => {
  const secret = "S3CRET-hunter2";
  for (const value of [secret, `${secret}\n`, secret.repeat(500), [secret], { [secret]: 1 }]) {
    const said = lines({ host: "a", password: value });
    assert.equal(said.length, 1);
    assert.doesNotMatch(said.join(" "), /S3CRET/);
  }
  assert.doesNotMatch(lines({ host: "a", password: 31_337 }).join(" "), /31337/);
});

test("keys that reach a prototype are refused at every level", () => {
  const hostile: unknown = JSON.parse(
    '{"host":"a","__proto__":{"tls":false},"constructor":1,"nicks":{"__proto__":"x"}}',
  );
  const said = lines(hostile);
  assert.equal(said.length, 3);
  for (const line of said) assert.match(line, /never allowed/);
  const free = object({ any: json({ says: "Anything." }) }, { says: "" });
  const nested: unknown = JSON.parse('{"any":[{"__proto__":1}]}');
  assert.deepEqual(lines(nested, free), ["any is not plain JSON. Put JSON."]);
});

test("text is one line without control characters and without the example left in it", () => {
  const one = text({ says: "", example: "example.com", placeholder: true, expects: "your name" });
  const said = (value: unknown) => lines(value, one);
  assert.deepEqual(said("example.com"), ['It is still the example "example.com". Put your name.']);
  for (const value of ["a\r\nQUIT", "a\0", "a\u2028b", "\u0085", ""]) {
    assert.equal(said(value).length, 1, JSON.stringify(value));
  }
  assert.deepEqual(said("good.example"), []);
});

test("a pattern matches the whole value", () => {
  const one = text({ says: "", pattern: /a|b/ });
  assert.deepEqual(lines("b", one), []);
  assert.equal(lines("ab", one).length, 1);
});

test("either gives the problems of the alternative that came further", () => {
  const one = either(text({ says: "" }), server);
  assert.deepEqual(lines("x", one), []);
  assert.deepEqual(lines({ host: "x" }, one), []);
  assert.deepEqual(lines({ host: "x", port: 0 }, one), [
    "port is 0. Put a whole number from 1 up to 65535.",
  ]);
  assert.match(lines(true, one).join(""), /takes for true or false|does not fit/);
});

test("either keeps what the docs say of both, so that a secret inside is known", () => {
  const one = either(
    text({ says: "" }),
    object({ token: text({ says: "", secret: true }) }, { says: "" }),
  );
  assert.equal(one.doc.type, "text or object");
  assert.deepEqual(
    one.doc.fields?.map(({ key, secret }) => [key, secret]),
    [["token", true]],
  );
});

test("a check across keys reports at its own path", () => {
  const pair = object(
    { low: integer({ says: "" }), high: integer({ says: "" }) },
    {
      says: "",
      check: ({ low, high }) =>
        low > high ? [{ path: ["low"], says: "is more than high. Put less." }] : [],
    },
  );
  const whole = object({ pair }, { says: "" });
  assert.deepEqual(lines({ pair: { low: 2, high: 1 } }, whole), [
    "pair.low is more than high. Put less.",
  ]);
});

test("docs say what is required, what is secret and what the example is", () => {
  const { docs } = schema({ version: 1, shape: server });
  assert.deepEqual(
    docs.map(({ key, type, required, secret, example }) => [key, type, required, secret, example]),
    [
      ["host", "text", true, false, "irc.example.org"],
      ["port", "integer", false, false, 6697],
      ["tls", "flag", false, false, true],
      ["password", "text", false, true, null],
      ["mode", "lazy | full", false, false, "lazy"],
      ["channels", "list of text", false, false, []],
      ["nicks", "record of text", false, false, {}],
    ],
  );
});

test("the nearest spelling counts swaps once and guesses nothing far", () => {
  assert.equal(nearest("hots", ["port", "host"]), "host");
  assert.equal(nearest("ADRESS", ["address", "domain"]), "address");
  assert.equal(nearest("banana", ["address", "domain"]), undefined);
  assert.equal(nearest("x".repeat(100_000), ["address"]), undefined);
});
