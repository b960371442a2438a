import type { Block, Inline, RichText } from "@bridgebox/core/adapter";
import { Api } from "./api/tl.ts";

/** Telegram takes no more below one message. */
const most = 100;

/**
 * What a bot puts below its message (core.telegram.org/api/bots/buttons), a line for each row: those that
 * open a page as links, and the others, which only Telegram can tell the bot of, in brackets.
 */
export const buttonsOf = (markup: Api.TypeReplyMarkup | undefined): RichText => {
  if (!(markup instanceof Api.ReplyInlineMarkup)) return [];
  return markup.rows.slice(0, most).flatMap(({ buttons }): readonly Block[] => {
    const of = buttons.slice(0, most).flatMap((button, place): readonly Inline[] => {
      const shown = inlineOf(button);
      return place === 0 ? [shown] : [{ t: "text", text: " " }, shown];
    });
    return of.length === 0 ? [] : [{ t: "para", of }];
  });
};

const inlineOf = (button: Api.TypeKeyboardButton): Inline => {
  const text = "text" in button ? button.text : "…";
  const page =
    button instanceof Api.KeyboardButtonUrl || button instanceof Api.KeyboardButtonUrlAuth;
  if (page && /^(?:https?|tg):\/\//i.test(button.url) && URL.canParse(button.url))
    return { t: "link", url: button.url, of: [{ t: "text", text }] };
  return { t: "text", text: `[${text}]` };
};
