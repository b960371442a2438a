import assert from "node:assert/strict";
import { test } from "node:test";
import { makeLinks } from "./links.ts";

const address = "https://box.test/b";
const links = makeLinks(new Uint8Array(32).fill(1), address);
const link = { mxc: "mxc://hs.test/AbC_1", name: "a cat (1).png", expires: 2000 };

const pathOf = (url: string | undefined): string => (url ?? "").slice(address.length);

test("a link leads back to its file until it expires", () => {
  const path = pathOf(links.make(link));
  assert.match(path, /^\/media\/[\w-]{22}\/1jk\/hs\.test\/AbC_1\/a%20cat%20\(1\)\.png$/);
  assert.deepEqual(links.read(path, 1999), link);
  assert.equal(links.read(path, 2000), undefined);
  assert.equal(links.make(link), links.make(link));
});

test("a server with a port or an address for a name has links too", () => {
  for (const server of ["hs.test:8448", "[2001:db8::1]", "[::1]:8448"]) {
    const mxc = `mxc://${server}/a`;
    const path = pathOf(links.make({ ...link, mxc }));
    assert.equal(links.read(path, 0)?.mxc, mxc);
  }
});

test("nothing but what was signed leads anywhere", () => {
  const path = pathOf(links.make(link));
  const [, , sign = "", time = "", server = "", id = "", name = ""] = path.split("/");
  const of = (...parts: readonly string[]): string => `/media/${parts.join("/")}`;
  const flipped = (sign.startsWith("A") ? "B" : "A") + sign.slice(1);
  const other = pathOf(links.make({ ...link, mxc: "mxc://hs.test/other" })).split("/")[2] ?? "";
  const foreign = makeLinks(new Uint8Array(32).fill(2), address).make(link);
  const altered: Record<string, string> = {
    "another signature": of(flipped, time, server, id, name),
    "a longer life": of(sign, "zzzz", server, id, name),
    "the signature of another file": of(other, time, server, id, name),
    "another file": of(sign, time, server, "other", name),
    "another server": of(sign, time, "evil.test", id, name),
    "another name": of(sign, time, server, id, "evil.html"),
    "another key": pathOf(foreign),
    "no signature": of("", time, server, id, name),
    "a short signature": of(sign.slice(0, 21), time, server, id, name),
    "a climb": of(sign, time, "..", id, name),
    "an encoded climb": of(sign, time, server, "%2e%2e", name),
    "an encoded slash": of(sign, time, server, `${id}%2f..`, name),
    "another spelling": of(sign, time, server, "%41bC_1", name),
    "a query": `${path}?allow_remote=true`,
    "a broken escape": of(sign, time, server, id, "%zz"),
    "more at its end": `${path}/x`,
    "something long": of(sign, time, server, id, "x".repeat(3000)),
    "no media": of(sign, time, "hs.test", "a b", name),
  };
  for (const [what, url] of Object.entries(altered))
    assert.equal(links.read(url, 0), undefined, what);
});

test("what is no media address has no link, and without a public address nothing has", () => {
  for (const mxc of [
    "https://hs.test/a",
    "mxc://hs.test/..",
    "mxc://../a",
    "mxc://hs.test/a/b",
    "",
  ])
    assert.equal(links.make({ ...link, mxc }), undefined, mxc);
  assert.equal(makeLinks(new Uint8Array(32), undefined).make(link), undefined);
});
