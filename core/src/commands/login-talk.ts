import type { Field } from "../adapter/index.ts";
import type { LoginProcess, Step } from "../engine/index.ts";
import type { ShowsQr } from "./show-qr.ts";

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
  toldToStop: boolean;
  /** The event of the QR code that is shown, or on its way. */
  code?: Promise<string | undefined>;
}

const keyOf = ({ room, sender }: Talker): string => `${room} ${sender}`;

/** Logins as a conversation: one question at a time, a secret is taken out of the room at once. */
export class LoginTalk {
  readonly #talks = new Map<string, Talk>();
  readonly #tell: Tell;
  readonly #qr: ShowsQr;

  constructor(tell: Tell, qr: ShowsQr) {
    this.#tell = tell;
    this.#qr = qr;
  }

  /** Starts to talk; returns the first thing to say. */
  async begin(who: Talker, process: LoginProcess): Promise<string> {
    this.cancel(who);
    this.#talks.set(keyOf(who), { process, given: {}, toldToStop: false });
    const text = this.#say(who, await process.next());
    void this.#goOn(who, process);
    return text ?? "";
  }

  cancel(who: Talker): boolean {
    this.#talks.get(keyOf(who))?.process.cancel();
    return this.#end(who);
  }

  /** What was shown is of no use any more, and opened an account: it is taken away. */
  #end(who: Talker): boolean {
    const code = this.#talks.get(keyOf(who))?.code;
    void code
      ?.then(async (event) => event && (await this.#qr.takeAway(who.room, event)))
      .catch(() => undefined);
    return this.#talks.delete(keyOf(who));
  }

  /** The first code comes with words, the next ones in its place. Where no picture can be had, the link is said. */
  #showQr(who: Talker, link: string, expiresAt: number | undefined): string | undefined {
    const talk = this.#talks.get(keyOf(who));
    if (talk === undefined) return undefined;
    const before = talk.code;
    talk.code = this.#drawn(who, link, before);
    if (before !== undefined) return undefined;
    const until = expiresAt === undefined ? "" : " A new one takes its place when it runs out.";
    return `Scan the QR code with the app of the network.${until} ${toStop}`;
  }

  async #drawn(
    who: Talker,
    link: string,
    before: Promise<string | undefined> | undefined,
  ): Promise<string | undefined> {
    const instead = await before;
    try {
      return await this.#qr.show(who.room, link, instead);
    } catch {
      await this.#tell(who.room, `Scan this as a QR code: ${link}`).catch(() => undefined);
      return instead;
    }
  }

  /** Said with the first question only. */
  #howToStop(who: Talker): string {
    const talk = this.#talks.get(keyOf(who));
    if (talk === undefined || talk.toldToStop) return "";
    talk.toldToStop = true;
    return ` ${toStop}`;
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
    const value = line.trim();
    const wrong = talk.process.wrongWith(field, value);
    if (wrong !== undefined) return wrong;
    talk.given[field.key] = value;
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
      if (text !== undefined) await this.#tell(who.room, text);
      if (step.kind === "done" || step.kind === "failed") return;
    }
  }

  #say(who: Talker, step: Step): string | undefined {
    switch (step.kind) {
      case "ask": {
        const [first] = step.fields;
        const asks = first && `${question(first)}${this.#howToStop(who)}`;
        return [step.say, asks].filter(Boolean).join("\n");
      }
      case "show":
        return "qr" in step.what
          ? this.#showQr(who, step.what.qr, step.expiresAt)
          : shown(step.what);
      case "redirect":
        return `Open this page in your browser, and confirm there: ${step.url}`;
      case "done":
        this.#end(who);
        if (step.says !== undefined) return step.says;
        return `Logged in as ${step.logins.map((login) => login.name).join(", ")}.`;
      case "failed":
        this.#end(who);
        return step.isWhole ? step.sentence : `You are not logged in: ${step.sentence}`;
      default:
        return step satisfies never;
    }
  }
}

const toStop = 'Say "cancel" to stop.';

/** After a command in the middle of a login. */
export const stillAsked = (field: Field): string =>
  `I still wait for your answer: ${field.label}? ${toStop}`;

const question = (field: Field): string =>
  `${field.label}?${field.help === undefined ? "" : ` ${field.help}`}`;

type Words = Exclude<Extract<Step, { kind: "show" }>["what"], { readonly qr: string }>;

const shown = (what: Words): string => {
  if ("code" in what) return `Enter this code there: ${what.code}`;
  return "emoji" in what ? `Compare: ${what.emoji}` : what.wait;
};
