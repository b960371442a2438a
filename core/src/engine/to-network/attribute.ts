import { partId } from "../../adapter/index.ts";
import type {
  ChatFeatures,
  Content,
  Inline,
  Part,
  RichText,
  Speaker,
} from "../../adapter/index.ts";
import { fromPlain, prefixed, toPlain } from "../../richtext/index.ts";

/** What goes out, and the name that stands before each line of it where the network shows none. */
export interface Said {
  readonly content: Content;
  readonly lead: string | undefined;
}

type Lines = ChatFeatures["text"]["lines"];

/** The part that says who shares what has no words of its own. */
const headId = partId("speaker");

/**
 * Says in the content itself who speaks, as far as the network does not show it. Without features of
 * the chat it is taken for one in which every line stands by itself.
 */
export const attribute = (
  content: Content,
  speaker: Speaker,
  features: ChatFeatures | undefined,
): Said => {
  if (speaker.as === "self") return { content, lead: undefined };
  const lines = features?.text.lines ?? "single";
  const parts = content.parts.flatMap((part) =>
    isNative(part, features) ? [part] : spoken(part, { name: speaker.name, lines }),
  );
  const changed = parts.some((part, at) => part !== content.parts[at]);
  if (!changed) return { content, lead: undefined };
  const [first] = content.parts;
  const action = first?.kind === "text" && first.tone === "action";
  const prefix = prefixOf({ name: speaker.name, lines }, action);
  return { content: { ...content, parts }, lead: toPlain([{ t: "para", of: prefix }]) };
};

const isNative = (part: Part, features: ChatFeatures | undefined): boolean =>
  features?.relay[part.kind === "media" ? "media" : "text"] === "native";

interface By {
  readonly name: string;
  readonly lines: Lines;
}

/** What somebody did, where their file has no words of its own. */
const did: Readonly<Record<(Part & { readonly kind: "media" })["as"], string>> = {
  image: "sent a picture",
  video: "sent a video",
  audio: "sent a sound",
  file: "sent a file",
  sticker: "sent a sticker",
  gif: "sent a moving picture",
  voice: "sent a voice message",
  round: "sent a video message",
};

const spoken = (part: Part, by: By): readonly Part[] => {
  switch (part.kind) {
    case "text": {
      const action = part.tone === "action";
      const tone = action ? "normal" : (part.tone ?? "normal");
      return [{ ...part, text: under(part.text, by, action), tone }];
    }
    case "media": {
      const { caption = [] } = part;
      return [
        { ...part, caption: under(caption.length > 0 ? caption : fromPlain(did[part.as]), by) },
      ];
    }
    case "unsupported":
      return [{ ...part, text: under(part.text, by) }];
    case "location":
    case "contact":
    case "poll":
      return [{ id: headId, kind: "text", text: under([], by) }, part];
    default:
      return part satisfies never;
  }
};

const under = (text: RichText, by: By, action = false): RichText => {
  const said: RichText = text.length === 0 ? [{ t: "para", of: [] }] : text;
  return prefixed(said, prefixOf(by, action), by.lines === "single" ? "line" : "once");
};

/** What stands before a relayed text where the network shows no other identity. */
const prefixOf = ({ name, lines }: By, action: boolean): readonly Inline[] => {
  const shown = bare(name, lines);
  if (action) return [{ t: "text", text: `* ${shown} ` }];
  if (lines === "single") return [{ t: "text", text: `<${shown}> ` }];
  return [
    { t: "bold", of: [{ t: "text", text: shown }] },
    { t: "text", text: ": " },
  ];
};

/** Whatever is drawn as the brackets around a name, or as the colon behind it. */
const brackets = /[<>\u2039\u203a\u276e\u276f\u27e8\u27e9\u3008\u3009\ufe64\ufe65\uff1c\uff1e]/gu;
const colons =
  /[:\u02d0\u0589\u05c3\u0703\u0704\u16ec\u1803\u1809\u205a\u2236\ua4fd\ua789\ufe13\ufe30\ufe55\uff1a]/gu;

/** An address at the end of a name, which the box itself put there or which is the whole of it. */
const address = /(?:^| \()@[^\s()]+\)?$/u;

/** A name that cannot end the prefix that it is in and begin another. */
const bare = (name: string, lines: Lines): string => {
  const without = name.replaceAll(brackets, "");
  const at = lines === "single" ? 0 : (address.exec(without)?.index ?? without.length);
  const clean =
    lines === "single" ? without : without.slice(0, at).replaceAll(colons, " ") + without.slice(at);
  return clean.replaceAll(/ {2,}/g, " ").trim() || "somebody";
};
