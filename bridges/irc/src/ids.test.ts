import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fold, wrongChannel, wrongNick } from "./ids.ts";

describe("names", () => {
  it("fold by the server's mapping", () => {
    assert.equal(fold("#Vic[im]\\^", "rfc1459"), "#vic{im}|~");
    assert.equal(fold("#Vic[im]\\^", "rfc1459-strict"), "#vic{im}|^");
    assert.equal(fold("#Vic[im]\\^Ä", "ascii"), "#vic[im]\\^Ä");
  });

  it("of channels hold nothing that would be a second channel or command", () => {
    for (const fine of ["#a", "&local", "#vic[im", "#日本", `#${"x".repeat(199)}`]) {
      assert.equal(wrongChannel(fine), undefined, fine);
    }
    const bad = ["#mine,#victim", "#victim key", "room", "#", "", `#${"x".repeat(200)}`, "#a:b"];
    for (const sign of ["\r", "\n", "\0", "\t", "\u2028", "\u00a0", "\x07", "\u202e"]) {
      bad.push(`#a${sign}PRIVMSG NickServ :x`, `#a${sign}`);
    }
    for (const name of bad) assert.notEqual(wrongChannel(name), undefined, JSON.stringify(name));
  });

  it("of people hold nothing that would shift a parameter", () => {
    for (const fine of ["alice", "a[1]", "_x_", "{}|`^"]) assert.equal(wrongNick(fine), undefined);
    for (const bad of [
      "",
      "1a",
      "-a",
      "a b",
      "a,b",
      ":a",
      "a!b",
      "#a",
      "a\n",
      "a*",
      "NickServ@x",
    ]) {
      assert.notEqual(wrongNick(bad), undefined, JSON.stringify(bad));
    }
  });
});
