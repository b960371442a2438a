import type { Access, Ask } from "./access.ts";
import { Api, decimal, long } from "./api/tl.ts";

/** Stands for a custom emoji of which nothing else is known. */
export const unknownEmoji = "⭐";
const mostKept = 1000;

/** What custom emoji stand for, asked for once each: the plain emoji that is shown in their place. */
export class EmojiNames {
  readonly #names = new Map<string, string>();

  async name(access: Access, id: string, ask: Ask): Promise<string> {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const request = new Api.messages.GetCustomEmojiDocuments({ documentId: [long(id)] });
    const documents = await access.client.call<Api.TypeDocument[]>(request, ask);
    for (const document of documents) {
      if (!(document instanceof Api.Document)) continue;
      const emoji = document.attributes.find(
        (each) => each instanceof Api.DocumentAttributeCustomEmoji,
      );
      if (emoji !== undefined) this.#names.set(decimal(document.id), emoji.alt);
    }
    const [oldest] = this.#names.keys();
    if (this.#names.size > mostKept && oldest !== undefined) this.#names.delete(oldest);
    return this.#names.get(id) ?? unknownEmoji;
  }
}
