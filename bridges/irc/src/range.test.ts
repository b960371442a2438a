import assert from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import { addressIn, parseRange } from "./range.ts";

const refused = [
  "",
  "2001:db8::",
  "2001:db8::/",
  "2001:db8::/129",
  "2001:db8::/97",
  "2001:db8::%eth0/64",
  "10.0.0.0/25",
  "10.0.0.0/33",
  "10.0.0/8",
  "example.org/64",
  "2001:db8::/64/64",
  "2001:db8::/-1",
];
for (const text of refused)
  test(`${text === "" ? "nothing" : text} is no range`, () =>
    assert.equal(parseRange(text), undefined));

const ranges = [
  ["2001:db8:1:2::/64", /^2001:db8:1:2(:[0-9a-f]{1,4}){4}$/],
  ["2001:db8:1:2:ffff:ffff:ffff:ffff/64", /^2001:db8:1:2(:[0-9a-f]{1,4}){4}$/],
  ["::ffff:192.0.2.0/96", /^0:0:0:0:0:ffff(:[0-9a-f]{1,4}){2}$/],
  ["2001:db8::/29", /^2001:db[8-9a-f](:[0-9a-f]{1,4}){6}$/],
  ["10.4.0.0/16", /^10\.4\.\d{1,3}\.\d{1,3}$/],
  ["192.0.2.77/24", /^192\.0\.2\.\d{1,3}$/],
] as const;
for (const [text, shape] of ranges)
  test(`an address in ${text} is one, and always the same`, () => {
    const range = parseRange(text);
    assert.ok(range);
    for (let number = 0; number < 200; number += 1) {
      const address = addressIn(range, `person${number}`);
      assert.equal(isIP(address), range.family);
      assert.match(address, shape);
      assert.equal(addressIn(range, `person${number}`), address);
      const { first } = parseRange(`${address}/${range.family === 4 ? 24 : 96}`) ?? {};
      assert.notEqual(first, undefined);
    }
  });

test("people have addresses of their own", () => {
  const range = parseRange("2001:db8::/64");
  assert.ok(range);
  const all = Array.from({ length: 1000 }, (_, number) => addressIn(range, `person${number}`));
  assert.equal(new Set(all).size, 1000);
});
