import type { PerMessageProfile } from "../../adapter/index.ts";
import type { JsonObject } from "../../matrix/types.ts";
import { cleanName, escaped } from "../../richtext/index.ts";

/**
 * Somebody who says one message through another's account (MSC4144): clients that know it show the name
 * as the sender's, to others it stands before the text.
 */
export const asProfile = (
  content: JsonObject,
  { name: given }: PerMessageProfile,
  avatar?: string,
): JsonObject => {
  const name = cleanName(given);
  const { body, filename, formatted_body: html } = content;
  if (name === "" || typeof body !== "string") return content;
  const profile = {
    id: name,
    displayname: name,
    ...(avatar === undefined ? {} : { avatar_url: avatar }),
    has_fallback: content["msgtype"] !== undefined,
  };
  if (!profile.has_fallback) return { ...content, "com.beeper.per_message_profile": profile };
  const words = body === filename ? "" : body;
  const shown = typeof html === "string" ? html : escaped(words).replaceAll("\n", "<br>");
  return {
    ...content,
    body: `${name}: ${words}`,
    format: "org.matrix.custom.html",
    formatted_body: `<strong data-mx-profile-fallback>${escaped(name)}: </strong>${shown}`,
    "com.beeper.per_message_profile": profile,
  };
};
