import { finalCodes } from "../../bridges/discord/src/api/ended.ts";
import { meanings as discord } from "../../bridges/discord/src/errors.ts";
import { failures, refusals } from "../../bridges/irc/src/errors.ts";
import { meanings as slack } from "../../bridges/slack/src/errors.ts";
import { meanings as telegram } from "../../bridges/telegram/src/errors.ts";
import { errorTable } from "../../core/src/adapter/errors.ts";
import type { ErrorCode, ErrorMeaning, ErrorScope } from "../../core/src/adapter/errors.ts";

import { sentences } from "./sentences.ts";
import { page, table } from "./table.ts";

const head = `# Errors

Whatever does not work is told in a sentence: what did not happen, why, and what to do. Behind each sentence stands
one of the codes below, which is also the label \`code\` of \`bridge_errors_total\` in
[the metrics](metrics.md) and stands in the log. This page is made from the tables and sentences by which the box
answers, and a test pins it.

**Tried again** means: by itself, until it works or the message is too old for its network. Without that the message
has failed, and the room says so.
`;

interface Answer {
  readonly sign: string;
  readonly code: ErrorCode;
  readonly scope?: ErrorScope;
  readonly why: string;
}

interface Book {
  readonly name: string;
  readonly answers: readonly (readonly [title: string, answers: readonly Answer[]])[];
}

const tabled = (
  meanings: Readonly<
    Record<string, { readonly code: ErrorCode; readonly scope: ErrorScope; readonly why: string }>
  >,
): readonly Answer[] =>
  Object.entries(meanings).map(([sign, { code, scope, why }]) => ({ sign, code, scope, why }));

/** What each network answers by numbers and names of its own, by package. */
const books: Readonly<Record<string, Book>> = {
  irc: {
    name: "IRC",
    answers: [
      [
        "Numerics (RFC 2812, 5.2)",
        Object.entries(refusals).map(([sign, [code, why]]) => ({ sign, code, why })),
      ],
      [
        "`FAIL` (IRCv3 standard replies), by what its code contains",
        failures.map(([pattern, code, why]) => ({
          sign: pattern.source.replaceAll("|", ", "),
          code,
          why,
        })),
      ],
    ],
  },
  slack: { name: "Slack", answers: [["Errors of the Web API", tabled(slack)]] },
  telegram: { name: "Telegram", answers: [["RPC errors", tabled(telegram)]] },
  discord: {
    name: "Discord",
    answers: [
      ["JSON error codes", tabled(discord)],
      [
        "Close codes of the gateway after which nothing is tried again",
        Object.entries(finalCodes).map(([sign, { code, why }]) => ({ sign, code, why })),
      ],
    ],
  },
};

const closes = {
  item: "this one thing",
  chat: "the chat",
  login: "the login",
  network: "the network",
} as const satisfies Record<ErrorScope, string>;

/** What a sentence has of signs that mean something in Markdown. */
const literal = (text: string): string => text.replaceAll("*", "\\*");

const answerTable = (answers: readonly Answer[]): readonly string[] => {
  const scoped = answers.some(({ scope }) => scope !== undefined);
  return table(
    ["it says", "code", ...(scoped ? ["what waits or ends"] : []), "what you read"],
    answers.map(({ sign, code, scope, why }) => [
      `\`${sign}\``,
      `\`${code}\``,
      ...(scoped ? [scope === undefined ? "" : closes[scope]] : []),
      why,
    ]),
  );
};

/** `docs/errors.md`: the closed table of codes, what each network's own mean, and the sentences. */
export const errorReference = (): string => {
  const said = sentences();
  const packages = ["core", ...Object.keys(books)];
  const meanings: readonly (readonly [string, Required<ErrorMeaning>])[] =
    Object.entries(errorTable);
  return page([
    head,
    ...table(
      ["code", "what did not work", "tried again", "what to do"],
      meanings.map(([code, { says, transient, todo }]) => [
        `\`${code}\``,
        says,
        transient ? "yes" : "no",
        todo,
      ]),
    ),
    "",
    "Below, `…` stands for what is known only when it happens: a name, a number, what it was that did not work.",
    ...packages.flatMap((name) => {
      const book = books[name];
      const own = said.filter((one) => one.package === name);
      return [
        "",
        `## ${book?.name ?? "The box itself"}`,
        "",
        ...(book?.answers ?? []).flatMap(([title, answers]) => [
          `### ${title}`,
          "",
          ...answerTable(answers),
          "",
        ]),
        ...(book ? ["### Sentences of its adapter", ""] : []),
        ...table(
          ["code", "what you read"],
          own.map(({ code, text }) => [`\`${code}\``, literal(text)]),
        ),
      ];
    }),
  ]);
};
