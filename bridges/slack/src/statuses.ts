import type { RemoteEvent } from "@bridgebox/core/adapter";
import { numberIn, objectIn, textIn, type Wire } from "./api/shapes.ts";
import { signOf } from "./emoji.ts";
import { isPerson, userOf } from "./ids.ts";
import { unescaped } from "./mrkdwn.ts";

const remembered = 5000;
const longest = 200;

interface Status {
  readonly text: string;
  /** In seconds; 0 for never. */
  readonly until: number;
}

type State = "online" | "away";

/**
 * Who is there, with what they say of themselves. Whether they are there Slack tells a browser's stream
 * alone, and their words with all that it says of them: where the first is not known, nothing is shown.
 */
export class Statuses {
  readonly #states = new Map<string, State>();
  readonly #words = new Map<string, Status>();
  /** With which words they were shown last. */
  readonly #told = new Map<string, string>();

  /** They came, or went away. */
  appeared(user: string, state: State): readonly RemoteEvent[] {
    keep(this.#states, user, state);
    return [this.#shown(user, state)];
  }

  /** What Slack says of somebody (docs.slack.dev/reference/objects/user-object). */
  learn(user: Wire): readonly RemoteEvent[] {
    const id = textIn(user, "id");
    if (id === undefined || !isPerson(id)) return [];
    keep(this.#words, id, statusIn(user));
    const state = this.#states.get(id);
    const same = this.#now(id) === (this.#told.get(id) ?? "");
    return state === undefined || same ? [] : [this.#shown(id, state)];
  }

  #now(user: string): string {
    const { text = "", until = 0 } = this.#words.get(user) ?? {};
    return until > 0 && until * 1000 <= Date.now() ? "" : text;
  }

  #shown(user: string, state: State): RemoteEvent {
    const text = this.#now(user);
    keep(this.#told, user, text);
    const said = text === "" ? {} : { text };
    return { kind: "presence", user: userOf(user), state, at: Date.now(), ...said };
  }
}

const keep = <T>(all: Map<string, T>, user: string, now: T): void => {
  all.delete(user);
  all.set(user, now);
  const [oldest] = all.keys();
  if (all.size > remembered && oldest !== undefined) all.delete(oldest);
};

const statusIn = (user: Wire): Status => {
  const profile = objectIn(user, "profile");
  const emoji = textIn(profile, "status_emoji") ?? "";
  const sign = signOf(emoji.replaceAll(/^:|:$/g, "")) ?? emoji;
  const words = [sign, unescaped(textIn(profile, "status_text") ?? "")].join(" ");
  const text = words.replaceAll(/\s+/g, " ").trim().slice(0, longest);
  return { text, until: numberIn(profile, "status_expiration") ?? 0 };
};
