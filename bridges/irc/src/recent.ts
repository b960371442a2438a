import type { Content, MessageId } from "@bridgebox/core/adapter";
import { toPlain } from "@bridgebox/core/richtext";

/** What somebody said, as far as a line that refers to it needs. */
export interface Said {
  readonly nick: string;
  readonly text: string;
}

const most = 500;
const longest = 120;

/** The last things said, so that a line can say to which of them somebody reacted. */
export class Recent {
  readonly #said = new Map<MessageId, Said>();

  note({ id, sender, content }: { id: MessageId; sender: string; content: Content }): void {
    const [part] = content.parts;
    const text = part?.kind === "text" ? toPlain(part.text) : "";
    this.add(id, { nick: sender, text });
  }

  add(id: MessageId, { nick, text }: Said): void {
    this.#said.set(id, { nick, text: text.slice(0, longest) });
    const [oldest] = this.#said.keys();
    if (this.#said.size > most && oldest !== undefined) this.#said.delete(oldest);
  }

  get(id: MessageId): Said | undefined {
    return this.#said.get(id);
  }
}
