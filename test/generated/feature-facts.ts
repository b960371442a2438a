import { isTest, sources } from "../architecture/sources.ts";

const real = sources().filter((source) => !isTest(source));

const spokenIn = (path: RegExp): string =>
  real
    .filter((source) => path.test(source.path))
    .map(({ spoken }) => spoken)
    .join("\n");

const names = (text: string, pattern: RegExp): ReadonlySet<string> =>
  new Set([...text.matchAll(pattern)].map(([, name = ""]) => name));

/** The kinds of events that an adapter makes, as its source spells them. */
export const kindsOf = (id: string): ReadonlySet<string> =>
  names(spokenIn(new RegExp(`^bridges/${id}/src/`)), /\bkind: "(\w+)"/g);

/** The methods that an adapter's connections have. */
export const methodsOf = (id: string): ReadonlySet<string> =>
  names(
    spokenIn(new RegExp(`^bridges/${id}/src/connection\\.ts$`)),
    /^ {2,4}(?:async )?(\w+)(?:: (?:async )?)?\(/gm,
  );

const engine = spokenIn(/^core\/src\/(?:engine|commands)\//);
const absorb = spokenIn(/^core\/src\/engine\/absorb\.ts$/);
const signals = spokenIn(/^core\/src\/engine\/ephemeral\//);

/** What is taken in and left at that. */
const unheard: ReadonlySet<string> = names(
  [...absorb.matchAll(/((?:case "\w+":\s*)+)return \[\];/g)]
    .map(([, cases = ""]) => cases)
    .join(""),
  /case "(\w+)":/g,
);

/** Whether the box does anything with such an event, whoever makes it. */
export const isHeard = (kind: string): boolean =>
  !unheard.has(kind) || new RegExp(`kind [!=]== "${kind}"`).test(signals);

/** Whether the box ever uses that method of a connection: else nobody can do it from Matrix, whoever has it. */
export const isUsed = (method: string): boolean =>
  new RegExp(
    `\\b(?:call|can|ownLogin)\\([^;]{0,80}?"${method}"|connection\\??\\.${method}\\b`,
  ).test(engine);
