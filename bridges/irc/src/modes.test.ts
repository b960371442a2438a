import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ModeRules } from "./modes.ts";
import { defaultRules, parseModes, roleOf, rulesFrom } from "./modes.ts";

const rules: ModeRules = {
  prefixes: ["q~", "a&", "o@", "h%", "v+"].map(([mode = "", symbol = ""]) => ({ mode, symbol })),
  kinds: ["beI", "k", "lj", "imnpst"],
};

const short = (modes: string, ...params: string[]) =>
  parseModes(modes, params, rules).map(({ on, mode, param }) =>
    [on ? "+" : "-", mode, param === undefined ? "" : ` ${param}`].join(""),
  );

describe("MODE", () => {
  const table: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["+o-v+k", ["a", "b", "key"], ["+o a", "-v b", "+k key"]],
    ["+lov", ["5", "a", "b"], ["+l 5", "+o a", "+v b"]],
    ["+bo", ["mask", "nick"], ["+b mask", "+o nick"]],
    ["-lo", ["a"], ["-l", "-o a"]],
    ["-ko", ["key", "a"], ["-k key", "-o a"]],
    ["+ntso", ["a"], ["+n", "+t", "+s", "+o a"]],
    ["o", ["a"], ["+o a"]],
    ["+oo", ["a"], ["+o a", "+o"]],
    ["", ["a"], []],
    ["+j-j+v", ["3:4", "a"], ["+j 3:4", "-j", "+v a"]],
  ];
  for (const [modes, params, expected] of table) {
    it(`gives ${modes || "nothing"} exactly its own parameters`, () => {
      assert.deepEqual(short(modes, ...params), expected);
    });
  }

  it("takes the letters of the server at hand, and the standard's for one that is silent", () => {
    assert.deepEqual(
      rulesFrom(() => undefined),
      defaultRules,
    );
    const own: Readonly<Record<string, unknown>> = {
      PREFIX: [{ symbol: "!", mode: "Y" }, "junk", { symbol: "@" }],
      CHANMODES: ["Z", "", "x"],
    };
    assert.deepEqual(
      rulesFrom((name) => own[name]),
      { prefixes: [{ symbol: "!", mode: "Y" }], kinds: ["Z", "", "x", ""] },
    );
  });

  it("counts the highest rank", () => {
    assert.equal(roleOf(new Set(["v", "o"])), "moderator");
    assert.equal(roleOf(new Set(["o", "q"])), "owner");
    assert.equal(roleOf(new Set(["Y"])), "member");
  });
});
