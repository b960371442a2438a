import type { Ability, ChatFeatures, TextMark } from "@bridgebox/core/adapter";
import { longestText } from "./outgoing.ts";

/** What of a text it has itself. */
const marks: readonly TextMark[] = [
  "bold",
  "italic",
  "strike",
  "code",
  "link",
  "user",
  "chat",
  "everyone",
  "emoji",
  "quote",
  "pre",
  "list",
];

/** What an account may do, by its kind. */
export interface Abilities {
  readonly can: readonly Ability[];
}

/** docs.slack.dev: files of up to 1 GB, 23 different reactions of one person to a message. */
const largest = 1_000_000_000;
const media = { max: largest, caption: longestText };

/** The same in every conversation: what is archived or forbidden says so itself. */
export const featuresOf = ({ can }: Abilities): ChatFeatures => ({
  version: `1:${can.join(",")}`,
  text: { max: longestText, unit: "utf16", lines: "many", marks },
  relay: { text: "native", media: "native" },
  can,
  parts: ["media"],
  media: { image: media, video: media, audio: media, file: media },
  reactions: { perUser: 23, custom: true },
  thread: "inline",
});
