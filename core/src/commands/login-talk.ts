import type { Field } from "../adapter/index.ts";
import type { LoginProcess, Step } from "../engine/index.ts";

/** One person in one room. */
export interface Talker {
  readonly room: string;
  readonly sender: string;
}

/** Says something in a room, outside the order of commands. */
export type Tell = (room: string, text: string) => Promise<void>;

interface Talk {
  readonly process: LoginProcess;
  given: Record<string, string>;
}

const keyOf = ({ room, sender }: Talker): string => `${room} ${sender}`;

/** Logins as a conversation: one question at a time, a secret is taken out of the room at once. */
export class LoginTalk {
  readonly #talks = new Map<string, Talk>();
  readonly #tell: Tell;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** Starts to talk; returns the first thing to say. */
  async begin(who: Talker, process: LoginProcess): Promise<string> {
    this.cancel(who);
    this.#talks.set(keyOf(who), { process, given: {} });
    const text = this.#say(who, await process.next());
    void this.#goOn(who, process);
    return text;
  }

  cancel(who: Talker): boolean {
    const talk = this.#talks.get(keyOf(who));
    talk?.process.cancel();
    return this.#talks.delete(keyOf(who));
  }

  /** The field that this person's next line answers. */
  asked(who: Talker): Field | undefined {
    const talk = this.#talks.get(keyOf(who));
    return talk?.process.asked.find((field) => !(field.key in talk.given));
  }

  /** Takes a line as an answer; returns what to say, or nothing if the flow says it. */
  answer(who: Talker, line: string): string | undefined {
    const talk = this.#talks.get(keyOf(who));
    const field = this.asked(who);
    if (!talk || !field) return undefined;
    talk.given[field.key] = line.trim();
    const next = this.asked(who);
    if (next) return question(next);
    const { given } = talk;
    talk.given = {};
    return talk.process.answer(given);
  }

  async #goOn(who: Talker, process: LoginProcess): Promise<void> {
    for (;;) {
      const step = await process.next();
      if (this.#talks.get(keyOf(who))?.process !== process) return;
      const text = this.#say(who, step);
      await this.#tell(who.room, text);
      if (step.kind === "done" || step.kind === "failed") return;
    }
  }

  #say(who: Talker, step: Step): string {
    switch (step.kind) {
      case "ask": {
        const [first] = step.fields;
        return [step.say, first && question(first)].filter(Boolean).join("\n");
      }
      case "show":
        return shown(step.what);
      case "redirect":
        return `Open this page in your browser, and confirm there: ${step.url}`;
      case "done":
        this.#talks.delete(keyOf(who));
        if (step.says !== undefined) return step.says;
        return `Logged in as ${step.logins.map((login) => login.name).join(", ")}.`;
      case "failed":
        this.#talks.delete(keyOf(who));
        return step.isWhole ? step.sentence : `You are not logged in: ${step.sentence}`;
      default:
        return step satisfies never;
    }
  }
}

const question = (field: Field): string =>
  `${field.label}?${field.help === undefined ? "" : ` ${field.help}`}`;

const shown = (what: Extract<Step, { kind: "show" }>["what"]): string => {
  if ("qr" in what) return `Scan this as a QR code: ${what.qr}`;
  if ("code" in what) return `Enter this code there: ${what.code}`;
  return "emoji" in what ? `Compare: ${what.emoji}` : what.wait;
};
