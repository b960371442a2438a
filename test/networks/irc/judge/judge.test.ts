import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { everyCap, IrcPerson, IrcServer } from "../index.ts";
import { Judge } from "./judge.ts";
import { shapes } from "./shapes.ts";
import { commands, extendedJoin, numerics } from "./table.ts";

const caps = [
  "message-tags",
  "server-time",
  "batch",
  "labeled-response",
  "echo-message",
  "account-tag",
  "draft/chathistory",
  "draft/multiline",
];

const welcome = [
  ":irc.test 001 me :Welcome",
  ":irc.test 005 me PREFIX=(ov)@+ CHANMODES=b,k,l,imnpst CHANTYPES=# :are supported by this server",
];

/** What is said against lines that a server says to a client called `me`, after those that are right. */
function faultsOf(lines: readonly string[], asked: readonly string[] = []): readonly string[] {
  const faults: string[] = [];
  const judge = new Judge((raw, why) => faults.push(`${why}: ${raw}`));
  judge.asked("CAP LS 302");
  judge.asked("NICK me");
  judge.said(`:irc.test CAP * ACK :${caps.join(" ")}`);
  for (const line of welcome) judge.said(line);
  assert.deepEqual(faults, [], "the welcome");
  for (const line of asked) judge.asked(line);
  for (const line of lines) judge.said(line);
  judge.ended();
  return faults;
}

const right: readonly (readonly string[])[] = [
  [":ann!a@h PRIVMSG #c :hi", ":ann!a@h PRIVMSG me :hi", ":me!m@h PRIVMSG ann :an echo"],
  ["@time=2024-02-29T23:59:59.123Z;account=ann;msgid=x1;+typing=a\\sb :ann!a@h PRIVMSG #c :hi"],
  ["@time=2024-02-29T23:59:59.123Z :ann!a@h JOIN #c", ":ann!a@h PART #c :bye", ":ann!a@h QUIT"],
  [":ann!a@h KICK #c bob :out", ":irc.test MODE #c +o-v+l ann bob 5", ":ann!a@h TOPIC #c :"],
  [":irc.test 353 me = #c :@ann +bob me", ":irc.test 366 me #c :End of /NAMES list"],
  [":irc.test 324 me #c +kl key 5", ":irc.test 329 me #c 1700000000"],
  [":irc.test 352 me #c u h irc.test ann H@ :0 Ann A.", ":irc.test 315 me #c :End"],
  [":irc.test 332 me #c :words", ":irc.test 333 me #c ann!a@h 1700000000"],
  [":irc.test FAIL CHATHISTORY MESSAGE_ERROR LATEST #c :no", "PING :x", "ERROR :Closing Link"],
  [
    ":irc.test BATCH +1 chathistory #c",
    "@batch=1;time=2024-01-01T00:00:00.000Z :ann!a@h PRIVMSG #c :old",
    "@batch=1;time=2024-01-01T00:00:00.000Z :ann!a@h BATCH +2 draft/multiline #c",
    "@batch=2 :ann!a@h PRIVMSG #c :one",
    "@batch=2;draft/multiline-concat :ann!a@h PRIVMSG #c : more",
    "@batch=1 :irc.test BATCH -2".replace("@batch=1", "@batch=1;time=2024-01-01T00:00:00.000Z"),
    ":irc.test BATCH -1",
  ],
];

const wrong: readonly (readonly [why: RegExp, ...lines: string[]])[] = [
  [/two spaces/, ":irc.test 366 me  #c :End"],
  [/CR, LF or NUL/, ":ann!a@h PRIVMSG #c :a\rQUIT"],
  [/CR, LF or NUL/, ":ann!a@h PRIVMSG #c :a\0"],
  [/no command/, ":irc.test 12 me :x"],
  [/nothing says FROB/, ":irc.test FROB me"],
  [/nothing says 999/, ":irc.test 999 me :x"],
  [/over 512 bytes/, `:ann!a@h PRIVMSG #c :${"x".repeat(500)}`],
  [/over 8191 bytes/, `@+x=${"y".repeat(8190)} :ann!a@h PRIVMSG #c :x`],
  [/names another/, ":irc.test 366 you #c :End"],
  [/366 from ann/, ":ann!a@h 366 me #c :End"],
  [/PRIVMSG from ann/, ":ann!a PRIVMSG #c :hi"],
  [/JOIN from irc\.test/, ":irc.test JOIN #c"],
  [/QUIT from nobody/, "QUIT :x"],
  [/parameters of 366/, ":irc.test 366 me #c"],
  [/parameters of 366/, ":irc.test 366 me #c more :End"],
  [/parameters of 353/, ":irc.test 353 me #c :ann"],
  [/parameters of 353/, ":irc.test 353 me = #c :@+ann"],
  [/parameters of 353/, ":irc.test 353 me = #c :ann!a@h"],
  [/parameters of 333/, ":irc.test 333 me #c ann now"],
  [/parameters of 352/, ":irc.test 352 me #c u h irc.test ann X :0 Ann"],
  [/parameters of 352/, ":irc.test 352 me #c u h irc.test ann H :Ann"],
  [/parameters of 403/, ":irc.test 403 me a b c"],
  [/parameters of KICK/, ":ann!a@h KICK #c"],
  [/parameters of JOIN/, ":ann!a@h JOIN #c ann :Ann"],
  [/parameters of MODE/, ":ann!a@h MODE #c o ann"],
  [/parameters for modes/, ":ann!a@h MODE #c +o"],
  [/parameters for modes/, ":ann!a@h MODE #c +n ann"],
  [/mode z, which is not announced/, ":ann!a@h MODE #c +z"],
  [/PREFIX has more/, ":irc.test 005 me PREFIX=(ov)@ :are supported by this server"],
  [/CHANMODES is/, ":irc.test 005 me CHANMODES=b :are supported by this server"],
  [/PRIVMSG for bob/, ":ann!a@h PRIVMSG bob :not for me"],
  [/AWAY without away-notify/, ":ann!a@h AWAY :tea"],
  [/REDACT without/, ":ann!a@h REDACT #c x1"],
  [/nothing has the tag frob/, "@frob :ann!a@h PRIVMSG #c :x"],
  [/bad tag name/, "@a_b=c :ann!a@h PRIVMSG #c :x"],
  [/a tag twice/, "@+a=b;+a=c :ann!a@h PRIVMSG #c :x"],
  [/a tag's escape/, "@+a=\\q :ann!a@h PRIVMSG #c :x"],
  [/a tag's escape/, "@+a=\\ :ann!a@h PRIVMSG #c :x"],
  [/the time/, "@time=2024-02-29T23:59:59Z :ann!a@h PRIVMSG #c :x"],
  [/the time/, "@time=2024-13-29T23:59:59.000Z :ann!a@h PRIVMSG #c :x"],
  [/which is not open/, "@batch=9 :ann!a@h PRIVMSG #c :x"],
  [/which is not open/, ":irc.test BATCH -9"],
  [/without its end/, ":irc.test BATCH +1 chathistory #c"],
  [/of 0 parameters/, ":irc.test BATCH +1 chathistory", ":irc.test BATCH -1"],
  [/a batch of type frob/, ":irc.test BATCH +1 frob", ":irc.test BATCH -1"],
  [/the batch 1 twice/, ":irc.test BATCH +1 chathistory #c", ":irc.test BATCH +1 chathistory #c"],
  [
    /longer than the one around/,
    ":irc.test BATCH +1 labeled-response",
    "@batch=1 :ann!a@h BATCH +2 draft/multiline #c",
    ":irc.test BATCH -1",
  ],
  [
    /without its time/,
    ":irc.test BATCH +1 chathistory #c",
    "@batch=1 :ann!a@h PRIVMSG #c :x",
    ":irc.test BATCH -1",
  ],
  [
    /of the past without draft\/event-playback/,
    ":irc.test BATCH +1 chathistory #c",
    "@batch=1;time=2024-01-01T00:00:00.000Z :ann!a@h JOIN #c",
    ":irc.test BATCH -1",
  ],
  [
    /for two targets/,
    ":ann!a@h BATCH +1 draft/multiline #c",
    "@batch=1 :ann!a@h PRIVMSG #d :x",
    ":irc.test BATCH -1",
  ],
  [/ACK of nothing/, ":irc.test ACK"],
  [/which waits for none/, "@label=L9 :irc.test ACK"],
  [/CAP ACK with values/, ":irc.test CAP me ACK :sasl=PLAIN"],
  [/CAP FROB/, ":irc.test CAP me FROB :x"],
  [/a line after ERROR/, "ERROR :x", "PING :x"],
];

describe("the judge of a server's lines", () => {
  test("has nothing against lines that are right", () => {
    for (const lines of right) assert.deepEqual(faultsOf(lines), [], lines.join(" | "));
  });

  for (const [why, ...lines] of wrong) {
    test(`${why.source}: ${lines
      .at(-1)
      ?.slice(0, 60)
      .replace(/[\r\0]/g, "?")}`, () => {
      const faults = faultsOf(lines);
      assert.ok(
        faults.some((fault) => why.test(fault)),
        `only ${JSON.stringify(faults)}`,
      );
    });
  }

  test("a label has one answer, in its turn", () => {
    const asked = ["@label=a PRIVMSG #c :x", "@label=b PRIVMSG #c :y"];
    const [a, b] = ["a", "b"].map((label) => `@label=${label} :me!m@h PRIVMSG #c :x`);
    assert.ok(a && b);
    assert.deepEqual(faultsOf([a, b], asked), []);
    assert.match(faultsOf([a, a], asked).join(), /waits for none/);
    assert.match(faultsOf([b], asked).join(), /the label a has no answer/);
  });

  test("an extended JOIN is for those who asked, and a capability that is gone is gone", () => {
    const faults: string[] = [];
    const judge = new Judge((raw, why) => faults.push(`${why}: ${raw}`));
    for (const line of welcome) judge.said(line.replace("me", "*"));
    judge.said(":irc.test CAP * ACK :extended-join server-time cap-notify");
    judge.said("@time=2024-01-01T00:00:00.000Z :ann!a@h JOIN #c ann :Ann");
    assert.deepEqual(faults, []);
    judge.said(":ann!a@h JOIN #c");
    judge.said(":irc.test CAP * DEL :extended-join server-time");
    judge.said("@time=2024-01-01T00:00:00.000Z :ann!a@h JOIN #c ann :Ann");
    assert.equal(faults.length, 3, faults.join("\n"));
  });

  test("the table has only shapes that there are, and there is none without a use", () => {
    const forms = [...numerics.values(), ...commands.values(), extendedJoin];
    const used = new Set(forms.flatMap(({ params }) => params.map(({ shape }) => shape)));
    assert.deepEqual([...used].toSorted(), Object.keys(shapes).toSorted());
    for (const code of numerics.keys()) assert.match(code, /^\d{3}$/);
  });

  test("what our server says wrong is a violation, like what a client says", async () => {
    const server = await IrcServer.listen();
    try {
      const client = await IrcPerson.connect({ port: server.port, nick: "ann" });
      server.chghost("ann", "a b", "h");
      await client.join("#c");
      const [{ by, nick, why } = {}] = server.violations;
      assert.deepEqual([by, nick], ["server", "ann"]);
      assert.equal(why, "no command");
    } finally {
      await server.close();
    }
  });

  test("our server answers as it should, whatever it is asked", async () => {
    const server = await IrcServer.listen({
      caps: everyCap,
      accounts: { ann: "x" },
      maxLine: 1024,
    });
    const said = (): readonly string[] =>
      server.violations.filter(({ by }) => by === "server").map((one) => JSON.stringify(one));
    try {
      const people = [
        await IrcPerson.connect({ port: server.port, nick: "ann" }),
        await IrcPerson.connect({ port: server.port, nick: "bob", caps: everyCap }),
        await server.user("carl", { account: "ann" }),
      ];
      for (const one of people) {
        for (const line of odd) one.raw(line);
        one.raw("PING :odd");
        await one.until(({ command, params }) => command === "PONG" && params.at(-1) === "odd");
      }
      server.chghost("bob", "other", "host.test");
      server.logIn("bob", "robert");
      server.mode("#c", "+qo-o", "bob", "bob", "bob");
      server.withdraw("setname");
      server.offer("setname");
      server.netsplit(["carl"]);
      for (const one of people.slice(0, 2)) one.raw("QUIT :bye");
      await server.until(() => server.lookup("ann") === undefined);
      assert.deepEqual(said(), []);
    } finally {
      await server.close();
    }
  });
});

/** What a client may come up with. */
const odd: readonly string[] = [
  "CAP LS 302",
  "CAP LIST",
  "CAP REQ :frob",
  "CAP :a b",
  "NICK",
  "NICK :a b",
  "NICK :",
  "USER a b c :d",
  "PASS x",
  "AUTHENTICATE PLAIN",
  "AUTHENTICATE *",
  "JOIN #c,#d",
  "JOIN :a b",
  "JOIN :",
  "JOIN :#a b",
  "PART :a b",
  "TOPIC #c :words",
  "TOPIC #c",
  "TOPIC #d",
  "TOPIC :a b",
  "NAMES",
  "NAMES #c",
  "NAMES :a b",
  "WHO",
  "WHO #c",
  "WHO :a b",
  "WHOIS carl",
  "WHOIS :a b",
  "WHOIS :",
  "LIST",
  "ISON :ann bob nobody",
  "USERHOST ann",
  "TIME",
  "MOTD",
  "AWAY :tea",
  "PRIVMSG :a b :x",
  "PRIVMSG",
  "PRIVMSG ann,bob,carl,d,e :x",
  "PRIVMSG :ann",
  "PRIVMSG :#x y",
  "PRIVMSG ann :hi",
  "NOTICE ann :hi",
  "MODE",
  "MODE #c",
  "MODE #c b",
  "MODE #c +k :a b",
  "MODE #c +b :a b",
  "MODE #c +bl ann -1",
  "MODE #c +l 5",
  "MODE #c +o :a b",
  "MODE #c +o",
  "MODE #c +z",
  "MODE #c :+",
  "MODE #c",
  "MODE ann +-i",
  "MODE bob +xi",
  "MODE carl i",
  "MODE :a b",
  "KICK #c :a b",
  "KICK #c nobody",
  "INVITE carl #c",
  "INVITE carl :a b",
  "INVITE :a b #c",
  "FROB",
  "frob :a b",
  "@label=l1 PRIVMSG #c :labelled",
  "@label=l2 NAMES #c",
  "@label=l3 PONG x",
  "@label=l4 BATCH +1 frob #c",
  "@label=l5 BATCH +2 draft/multiline #c",
  "@batch=2 PRIVMSG #c :one",
  "@batch=2;draft/multiline-concat PRIVMSG #c :two",
  "BATCH -2",
  "BATCH -9",
  "@label=l6 CHATHISTORY LATEST #c * 50",
  "CHATHISTORY LATEST :a b",
  "CHATHISTORY FROB :a b * 5",
  "CHATHISTORY LATEST #c frob 5",
  "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 5",
  "@label=l7 CHATHISTORY LATEST #none * 5",
  "REDACT :a b",
  "REDACT #c none",
  "REDACT :",
  "REDACT #c :a b",
  "RELAYMSG #c x/y :hi",
  "RELAYMSG #c :x y",
  "RELAYMSG #c bad :hi",
  "@+draft/react=x\\sy;+draft/reply=z TAGMSG #c",
  "TAGMSG",
  "SETNAME :Somebody else",
  "@label=l8 AWAY",
  "@label=l9 PING :x y",
];
