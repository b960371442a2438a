import type { Ability, ChatFeatures, TextMark } from "@bridgebox/core/adapter";
import { holds } from "./permissions.ts";

/** What of a text it has itself. */
const marks: readonly TextMark[] = [
  "bold",
  "italic",
  "underline",
  "strike",
  "spoiler",
  "code",
  "link",
  "user",
  "chat",
  "everyone",
  "emoji",
  "heading",
  "quote",
  "pre",
  "list",
];

/** docs.discord.com/developers/resources/message#create-message */
export const longestText = 2000;
const mebibyte = 1024 * 1024;
/** Bytes, by how far a server was boosted (docs.discord.com/developers/reference#uploading-files). */
const largestFile: readonly number[] = [10, 10, 50, 100].map((size) => size * mebibyte);

const day = 86_400_000;

/** What can be done in a chat with these permissions. */
export const featuresOf = ({
  held,
  place,
  lists = false,
  slow = 0,
  tier = 0,
}: {
  readonly held: bigint;
  readonly place: "guild" | "direct" | "space";
  /** The bot may ask who is in a server. */
  readonly lists?: boolean;
  /** Seconds between two messages of one person. */
  readonly slow?: number | undefined;
  readonly tier?: number;
}): ChatFeatures => {
  const say = place !== "space" && holds(held, "Send Messages");
  const relay = place === "guild" && holds(held, "Manage Webhooks") ? "native" : "prefix";
  const files = say && holds(held, "Attach Files");
  const can: readonly Ability[] = [
    "plan",
    "open",
    "history",
    ...(lists && place !== "space" ? (["members"] as const) : []),
    ...(say ? (["find", "edit", "remove", "typing", "closePoll"] as const) : []),
    ...(holds(held, "Add Reactions") && place !== "space" ? (["react"] as const) : []),
    ...(holds(held, "Pin Messages") && place !== "space" ? (["pin"] as const) : []),
    ...(holds(held, "Manage Channels") && place === "guild" ? (["setInfo"] as const) : []),
    ...(holds(held, "Manage Roles") && place === "guild" ? (["setMember"] as const) : []),
  ];
  const file = { max: largestFile[tier] ?? 10 * mebibyte, caption: longestText };
  const media = {
    image: file,
    video: file,
    audio: file,
    voice: { ...file, caption: 0 },
    file,
    gif: file,
    sticker: file,
    round: file,
  };
  const polls = say && holds(held, "Create Polls");
  const version = [place, relay, files, polls, can.length, slow, tier].join("-");
  return {
    version,
    text: { max: longestText, unit: "utf16", lines: "many", marks },
    relay: { text: relay, media: relay },
    can,
    parts: [...(files ? (["media"] as const) : []), ...(polls ? (["poll"] as const) : [])],
    media: files ? media : {},
    reactions: { perUser: 20, custom: true },
    thread: place === "space" ? "none" : "chat",
    maxAge: day,
    ...(slow > 0 ? { slowMode: slow * 1000 } : {}),
  };
};
