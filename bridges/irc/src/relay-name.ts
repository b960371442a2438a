import { cleanName } from "@bridgebox/core/richtext";

const longest = 24;

/** What a server takes in a nick, of any script. */
const odd = /[^\p{L}\p{N}\p{M}_\-[\]{}\\|^`]+/gu;

/** The nick under which a relay speaks for somebody: never that of a client, by its separator. */
export function relayNick(
  name: string,
  { separator, mark }: { readonly separator: string; readonly mark: string },
): string {
  const words = cleanName(name, longest).normalize("NFC").replace(odd, "_");
  const trimmed = words.replace(/_{2,}/g, "_").replace(/^_+|_+$/g, "");
  const clean = trimmed.replace(/^[\d-]/, "_$&");
  return `${clean === "" ? "somebody" : clean}${separator}${mark}`;
}

/** What stands before a line where the network shows no such name; it cannot be closed from inside. */
export const relayPrefix = (name: string): string => {
  const clean = cleanName(name, 60)
    .replaceAll(/[<>]/g, "")
    .replace(/\p{Cc}/gu, "")
    .trim();
  return `<${clean === "" ? "somebody" : clean}> `;
};
