import assert from "node:assert/strict";
import { test } from "node:test";
import { sourceOf } from "../architecture/sources.ts";
import { sentencesOf } from "./sentences.ts";

const read = (files: Readonly<Record<string, string>>): readonly (readonly string[])[] =>
  sentencesOf(Object.entries(files).map(([path, text]) => sourceOf(path, text))).map(
    ({ package: name, code, text }) => [name, code, text],
  );

const maker = `
const what = "The file was not fetched";
export const failed = (code: "gone" | "forbidden", why: string): BridgeError =>
  new BridgeError(code, \`\${what}: \${why}.\`, { reached: "no", scope: "item" });
`;

test("an error that a function makes is said as each of its callers has it, in other files too", () => {
  const near = `${maker}\nthrow failed("gone", "it was deleted");`;
  const far = `import { failed } from "./fetch.ts";\nthrow failed("forbidden", \`\${who} may not\`);`;
  const other = `const failed = (code: string) => code;\nfailed("gone", "never said");`;
  assert.deepEqual(
    read({
      "bridges/a/src/fetch.ts": near,
      "bridges/a/src/b.ts": far,
      "bridges/a/src/c.ts": other,
    }),
    [
      ["a", "forbidden", "The file was not fetched: … may not."],
      ["a", "gone", "The file was not fetched: it was deleted."],
    ],
  );
});

test("where it is raised, refused or an item ends by it, it is said as it stands there", () => {
  const source = `
throw new BridgeError("full", "There is no room: " + "make some.", facts);
return notBridged("expired", \`it waited \${duration(ms)}.\`);
return { end: "failed", code: "timeout", sentence: "it took too long." };
const doubt = (why: string): Ended => ({ settlement: { end: "doubtful", code: "doubtful", sentence: why } });
return doubt("nobody could be asked.");
throw new BridgeError(code, why, facts);
throw new BridgeError("network", \`\${what}: \${why}.\`, facts);
`;
  assert.deepEqual(read({ "core/src/a.ts": source }), [
    ["core", "timeout", "it took too long."],
    ["core", "expired", "it waited …."],
    ["core", "full", "There is no room: make some."],
    ["core", "doubtful", "nobody could be asked."],
  ]);
});
