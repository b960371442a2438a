import type { Part } from "@bridgebox/core/adapter";

/** A contact as Telegram takes it. */
export interface Contact {
  readonly phone: string;
  readonly first: string;
  readonly last: string;
  readonly vcard: string;
}

/** Telegram knows people by their number: a card without one is nothing to it (RFC 6350, §6.2, §6.4.1). */
export const contactOf = ({
  name,
  vcard,
}: Extract<Part, { kind: "contact" }>): Contact | undefined => {
  const lines = vcard.replace(/\r?\n[ \t]/g, "").split(/\r?\n/);
  const value = (property: string): string | undefined => {
    const found = lines.find((line) =>
      new RegExp(`^(?:[\\w-]+\\.)?${property}[;:]`, "i").test(line),
    );
    return found?.slice(found.indexOf(":") + 1).trim();
  };
  const phone = value("TEL")
    ?.replace(/^tel:/i, "")
    .replace(/[^\d+]/g, "");
  if (phone === undefined || !/\d/.test(phone)) return undefined;
  const [last = "", first = ""] = (value("N") ?? "").split(";").map(unescaped);
  if (first !== "") return { phone, first, last, vcard };
  return { phone, first: name || phone, last: "", vcard };
};

const unescaped = (text: string): string => text.replace(/\\([\\;,])/g, "$1").trim();
