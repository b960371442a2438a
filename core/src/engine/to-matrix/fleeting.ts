import type { Content, Part } from "../../adapter/index.ts";
import { fromPlain } from "../../richtext/index.ts";

/** Whether its files may be looked at once, or for a moment: here they would stay. */
const isFleeting = ({ expires }: Content): boolean =>
  expires !== undefined && (expires.mode === "view-once" || expires.from === "read");

const names: Readonly<Record<string, string>> = {
  image: "picture",
  video: "video",
  round: "video message",
  audio: "audio file",
  voice: "voice message",
  gif: "moving picture",
  sticker: "sticker",
};

/** What may be seen once only is not kept here: a sentence stands in its place. */
export const withoutFleeting = (content: Content): Content =>
  isFleeting(content)
    ? { ...content, parts: content.parts.map((part) => replaced(part, content.expires)) }
    : content;

const replaced = (part: Part, expires: Content["expires"]): Part => {
  if (part.kind !== "media") return part;
  const what = names[part.as] ?? "file";
  const limit =
    expires?.seconds === undefined
      ? "can be looked at once only"
      : `is gone ${expires.seconds} s after it was opened`;
  const text = fromPlain(`A ${what} that ${limit}. It is not kept here: open it on the network.`);
  return { id: part.id, kind: "text", tone: "notice", text: [...text, ...(part.caption ?? [])] };
};
