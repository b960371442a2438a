import type { Part, RichText } from "../../adapter/index.ts";
import { paragraphs } from "../../richtext/index.ts";

/** What a reader wants of a vCard (RFC 6350), by the word that stands before it. */
const told: Readonly<Record<string, string>> = {
  TEL: "Phone",
  EMAIL: "Email",
  ORG: "Organisation",
  TITLE: "Title",
  ADR: "Address",
  URL: "Web",
  NOTE: "Note",
};

const most = 20;

/** A contact as lines that people can read. */
export const contactText = ({ name, vcard }: Extract<Part, { kind: "contact" }>): RichText =>
  paragraphs([`Contact: ${name}`, ...facts(vcard)].join("\n"));

const facts = (vcard: string): readonly string[] =>
  vcard
    .replaceAll(/\r?\n[ \t]/g, "")
    .split(/\r?\n/)
    .flatMap((line) => {
      const [, property = "", value = ""] =
        /^(?:[\w-]+\.)?([\w-]+)(?:;[^:]*)?:(.*)$/.exec(line) ?? [];
      const word = told[property.toUpperCase()];
      const plain = unescaped(value);
      return word === undefined || plain === "" ? [] : [`${word}: ${plain}`];
    })
    .slice(0, most);

const unescaped = (value: string): string =>
  value
    .replace(/^tel:/i, "")
    .replaceAll(/\\n/gi, " ")
    .replaceAll(/(?<!\\);+/g, " ")
    .replaceAll(/\\([\\;,])/g, "$1")
    .trim();
