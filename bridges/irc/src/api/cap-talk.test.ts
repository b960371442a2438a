import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ircLineParser } from "irc-framework";
import { capTalk } from "./cap-talk.ts";

const names = Array.from({ length: 50 }, (_, at) => `vendor.example/capability-${at}`);
const all = `CAP REQ :${names.join(" ")}`;

describe("a long request for capabilities", () => {
  const hear = (talk: ReturnType<typeof capTalk>, line: string) =>
    talk.in(line, ircLineParser(line));

  it("leaves in lines that a server takes, and loses no name", () => {
    const lines = capTalk().out(all);
    for (const line of lines) assert.ok(Buffer.byteLength(line) <= 510);
    assert.ok(lines.length > 1);
    const asked = lines.flatMap((line) => line.slice("CAP REQ :".length).split(" "));
    assert.deepEqual(asked, names);
    for (const line of lines) assert.ok(line.split(" ").length <= 22);
  });

  it("is answered once, refusals first, whatever the server's lines", () => {
    const talk = capTalk();
    const [first = "", second = "", ...rest] = talk.out(all).map((line) => line.slice(9));
    assert.deepEqual(hear(talk, `CAP * ACK :${first}`), []);
    assert.deepEqual(hear(talk, `CAP * NAK :${second.slice(0, 20)}`), []);
    const [half = "", other = ""] = [
      rest[0]?.split(" ").slice(0, 3),
      rest[0]?.split(" ").slice(3),
    ].map((part) => part?.join(" "));
    assert.deepEqual(hear(talk, `CAP * ACK :${half}`), []);
    let told = hear(talk, `CAP * ACK :${other}`);
    for (const line of rest.slice(1)) told = hear(talk, `CAP * ACK :${line}`);
    const taken = [first, half, other, ...rest.slice(1)].join(" ");
    assert.deepEqual(told, [`CAP * NAK :${second}`, `CAP * ACK :${taken}`]);
  });

  it("asks for nothing where the library does, and passes everything else", () => {
    const talk = capTalk();
    assert.deepEqual(talk.out("CAP REQ :"), []);
    assert.deepEqual(talk.out("NICK a"), ["NICK a"]);
    for (const line of ["CAP * LS :a b", "CAP * ACK :unasked", ":x 001 a :hi"]) {
      assert.deepEqual(hear(talk, line), [line]);
    }
  });
});
