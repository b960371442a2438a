import type { Part, RichText } from "../../adapter/index.ts";
import type { JsonObject } from "../../matrix/types.ts";
import type { Portal } from "../../store/types.ts";
import { broughtOnce } from "../media/pictures.ts";
import type { Works } from "../works.ts";
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

type Contact = Extract<Part, { kind: "contact" }>;

/** A contact as lines that people can read. */
export const contactText = ({ name, vcard }: Contact): RichText =>
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

const largest = 256 * 1024;

/** The contact as a file that an address book takes, with its lines as the caption. */
export const withCard = async (
  works: Works,
  portal: Portal,
  what: { readonly part: Contact; readonly content: JsonObject; readonly signal: AbortSignal },
): Promise<JsonObject> => {
  const { part, content, signal } = what;
  const bytes = new TextEncoder().encode(part.vcard);
  if (bytes.length === 0 || bytes.length > largest) return content;
  const filename = `${part.name.replaceAll(/[^\p{L}\p{N} ._-]/gu, "").trim() || "contact"}.vcf`;
  const info = { mimetype: "text/vcard", size: bytes.length };
  const ref = { locator: { vcard: part.vcard }, name: filename, mime: info.mimetype };
  const url = await broughtOnce(works, portal, {
    ref: { ...ref, size: bytes.length },
    as: "file",
    open: () => Promise.resolve({ body: ReadableStream.from([bytes]), size: bytes.length }),
    signal,
  });
  return url === undefined ? content : { ...content, msgtype: "m.file", filename, url, info };
};
