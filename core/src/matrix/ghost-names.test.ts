import assert from "node:assert/strict";
import { test } from "node:test";

import { chatId, loginId } from "../adapter/index.ts";
import { aliasLocalpart, ghostLocalpart, parseAlias, parseGhostLocalpart } from "./ghost-names.ts";

const space = { prefix: "net_", domain: "example.org" };

const ids: readonly string[] = [
  "alice",
  "Alice",
  "ALICE",
  "_alice",
  "a_lice",
  "a__lice",
  "a=lice",
  "a=5flice",
  "a==b",
  "[away]{x}|^`\\",
  "#lobby",
  "a b",
  "a:b",
  "a\nb",
  "+4915112345",
  "ümlaut",
  "u\u0308mlaut",
  "日本",
  "👩‍🚀",
  "\uFEFFbom",
  "../../etc",
  "@evil:example.org",
  "x".repeat(300),
  `${"x".repeat(300)}y`,
  "é".repeat(200),
  "\uD800",
  "\uFFFD",
  "\uDC00x",
];

test("no two ids have one ghost, and every name is one that a homeserver takes", () => {
  const names = ids.map((id) => ghostLocalpart(id, space));
  assert.equal(new Set(names).size, ids.length);
  for (const name of names) {
    assert.match(name, /^net_[a-z0-9._=/+-]+$/);
    assert.ok(`@${name}:example.org`.length <= 255);
  }
});

test("names are mapped as the specification says", () => {
  assert.equal(ghostLocalpart("Al_Ice#é", space), "net__al___ice=23=c3=a9");
});

test("a ghost's name leads back to its user, unless only a hash is left", () => {
  for (const id of ids) {
    const name = ghostLocalpart(id, space);
    const expected = name.includes("==") ? undefined : id;
    assert.equal(parseGhostLocalpart(name, space), expected, name);
  }
  for (const stranger of [
    "net_",
    "other_x",
    "net_A",
    "net_=4",
    "net_=ZZ",
    "net_=61",
    "net_=ff",
    "net__1",
    "net__",
  ]) {
    assert.equal(parseGhostLocalpart(stranger, space), undefined, stranger);
  }
});

test("an alias reads as the chat's own name and leads back to it", () => {
  assert.equal(aliasLocalpart({ id: chatId("#Lobby") }, space), "net_#Lobby");
  const names = ids.map((id) => aliasLocalpart({ id: chatId(id) }, space));
  assert.equal(new Set(names).size, ids.length);
  for (const [index, name] of names.entries()) {
    assert.doesNotMatch(name, /[\s:\p{Cc}]/u);
    assert.ok(name.isWellFormed());
    assert.ok(Buffer.byteLength(`#${name}:example.org`) <= 255);
    assert.equal(parseAlias(name, space), name.includes("==") ? undefined : ids[index]);
  }
  assert.equal(parseAlias("net_", space), undefined);
  assert.equal(parseAlias("net_=61", space), undefined);
  assert.equal(parseAlias("other_#lobby", space), undefined);
});

test("the alias of a chat that is one login's own tells neither", () => {
  const of = (receiver: string) =>
    aliasLocalpart({ id: chatId("bob"), receiver: loginId(receiver) }, space);
  assert.notEqual(of("one"), of("two"));
  assert.notEqual(of("one"), aliasLocalpart({ id: chatId("bob") }, space));
  assert.doesNotMatch(of("one"), /bob|one/);
  assert.equal(parseAlias(of("one"), space), undefined);
});
