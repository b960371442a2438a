import type { ClientEvent } from "../sandbox/homeserver/index.ts";

/** What the box itself says in a room, in order. */
export const noticesOf = (timeline: readonly ClientEvent[], bot: string): readonly ClientEvent[] =>
  timeline.filter(
    ({ sender, type, content }) =>
      sender === bot && type === "m.room.message" && content["msgtype"] === "m.notice",
  );

const aboutOf = (content: ClientEvent["content"]): string => {
  const relation = content["m.relates_to"] as
    | { readonly "m.in_reply_to"?: { readonly event_id?: string } }
    | undefined;
  return relation?.["m.in_reply_to"]?.event_id ?? "";
};

/** The texts that the box says those words of, each as often as it does. */
export const textsTold = (
  timeline: readonly ClientEvent[],
  { bot, words }: { readonly bot: string; readonly words: string },
): readonly string[] => {
  const bodies = new Map(
    timeline.map(({ event_id, content }) => [event_id, String(content["body"])]),
  );
  return noticesOf(timeline, bot)
    .filter(({ content }) => String(content["body"]).includes(words))
    .map(({ content }) => bodies.get(aboutOf(content)) ?? "nothing known");
};
