import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreBroken } from "./errors.ts";
import type { PortalId } from "./types.ts";
import { messageKey, openVault } from "./vault.ts";

const one = new Uint8Array(32).fill(1);
const two = new Uint8Array(32).fill(2);
const place = ["login", "net:alice"];

test("what is sealed opens in its place only, under its key only, unchanged only", () => {
  const vault = openVault(one);
  const sealed = vault.seal("sécret", place);
  assert.equal(vault.open(sealed, place), "sécret");
  assert.match(sealed, /^v1\./);
  const changed = `${sealed.slice(0, 10)}${sealed[10] === "A" ? "B" : "A"}${sealed.slice(11)}`;
  const shifted = ["login\0net", "alice"];
  assert.throws(() => vault.open(sealed, ["login", "net:bob"]), StoreBroken);
  assert.throws(() => vault.open(sealed, shifted), StoreBroken);
  assert.throws(() => vault.open(changed, place), StoreBroken);
  assert.throws(() => vault.open("v1.", place), StoreBroken);
  assert.throws(() => vault.open("sécret", place), StoreBroken);
  assert.throws(() => openVault(two).open(sealed, place), StoreBroken);
});

test("the same secret is never sealed to the same text", () => {
  const vault = openVault(one);
  assert.notEqual(vault.seal("a", place), vault.seal("a", place));
});

test("the fingerprint tells keys apart without being one", () => {
  assert.equal(openVault(one).fingerprint, openVault(one).fingerprint);
  assert.notEqual(openVault(one).fingerprint, openVault(two).fingerprint);
  assert.match(openVault(one).fingerprint, /^[0-9a-f]{16}$/);
});

test("a message's key is its own: by box, portal, origin and part", () => {
  const portal = (id: number): PortalId => id as PortalId;
  const key = messageKey(one, portal(1), "$a", "");
  assert.match(key, /^[\w-]{25}$/);
  assert.equal(messageKey(one, portal(1), "$a", ""), key);
  const others = [
    messageKey(two, portal(1), "$a", ""),
    messageKey(one, portal(2), "$a", ""),
    messageKey(one, portal(1), "$b", ""),
    messageKey(one, portal(1), "$a", "1"),
    messageKey(one, portal(1), "$", "a"),
  ];
  assert.equal(new Set([key, ...others]).size, 6);
});
