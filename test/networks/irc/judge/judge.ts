import type { Line } from "../line.ts";
import { parseLine } from "../line.ts";
import { AnsweredLabels } from "./labels.ts";
import { OpenBatches } from "./batches.ts";
import { modeFaults } from "./modes.ts";
import type { Known } from "./shapes.ts";
import { isMoment, shapes } from "./shapes.ts";
import { supportFaults } from "./support.ts";
import type { Form, Origin, Param } from "./table.ts";
import { commands, extendedJoin, numerics, tagCaps } from "./table.ts";

/** Bytes of a server's tags with their `@` and space (IRCv3 message-tags, "Size limit"). */
const maxTags = 8_191;
/** Bytes of a line with its CRLF and without its tags, where LINELEN says nothing else. */
const maxLine = 512;

const isPerson = (source: string): boolean =>
  /^[^\s!@:$#&][^\s!@]*![^\s!@]+@[^\s!@]+$/.test(source);
const isServer = (source: string): boolean => /^[A-Za-z0-9*][A-Za-z0-9.*-]*$/.test(source);
const origins: Readonly<Record<Origin, (source: string | undefined) => boolean>> = {
  any: (source) => source === undefined || isPerson(source) || isServer(source),
  either: (source) => source !== undefined && (isPerson(source) || isServer(source)),
  person: (source) => source !== undefined && isPerson(source),
  server: (source) => source !== undefined && isServer(source),
};

/** Whether parameters are of that form; which shape takes which is tried out. */
function fits(form: readonly Param[], params: readonly string[], known: Known): boolean {
  const [first, ...rest] = form;
  if (first === undefined) return params.length === 0;
  const [text, ...more] = params;
  const takes = text !== undefined && shapes[first.shape]?.(text, known) === true;
  if (takes && fits(first.times === "many" ? form : rest, more, known)) return true;
  return first.times !== "one" && fits(rest, params, known);
}

/**
 * Judges what a server says to one client, by nothing but the lines of both: the grammar, the form of
 * each command and numeric, and what the client has asked for. In the inner one-character-per-byte form.
 */
export class Judge implements Known {
  readonly caps = new Set<string>();
  ranks = { letters: "ov", signs: "@+" };
  modes: readonly string[] = ["b", "k", "l", "imnpst"];
  chanTypes = "#&";
  readonly #fault: (raw: string, why: string) => void;
  readonly #labels = new AnsweredLabels();
  readonly #batches = new OpenBatches();
  #support: ReadonlyMap<string, string> = new Map();
  #wanted = new Set<string>(["*"]);
  #nick: string | undefined;
  #over = false;

  constructor(fault: (raw: string, why: string) => void) {
    this.#fault = fault;
  }

  get nick(): string | undefined {
    return this.#nick;
  }

  has(cap: string): boolean {
    return this.caps.has(cap);
  }

  /** A line of the client, before the server has it. */
  asked(raw: string): void {
    const { line } = parseLine(raw);
    if (line === undefined) return;
    const [first = "", second = ""] = line.params;
    if (line.command === "NICK") this.#wanted.add(first);
    if (line.command === "CAP" && first.toUpperCase() === "LS" && Number(second) >= 302) {
      this.caps.add("cap-notify");
    }
    const label = line.tags.get("label");
    if (label !== undefined && this.caps.has("labeled-response")) this.#labels.asked(label);
  }

  /** The server is made not to answer that line of the client. */
  ignored(raw: string): void {
    const label = parseLine(raw).line?.tags.get("label");
    if (label !== undefined) this.#labels.ignored(label);
  }

  /** A line of the server, without its CRLF. */
  said(raw: string): void {
    const faults: string[] = [];
    if (this.#over) faults.push("a line after ERROR");
    if (/[\r\n\0]/.test(raw)) faults.push("CR, LF or NUL in a line");
    const { line, faults: grammar } = parseLine(raw);
    faults.push(...grammar, ...this.#sizes(raw), ...tagFaults(raw));
    if (line !== undefined) {
      faults.push(...this.#together(line), ...this.#form(line));
      faults.push(...this.#follow(line), ...this.#capsOf(line));
    }
    for (const why of faults) this.#fault(raw, why);
  }

  /** The server has nothing more to say. */
  ended(): void {
    for (const id of this.#batches.ids) this.#fault(`BATCH +${id}`, "a batch without its end");
  }

  #sizes(raw: string): readonly string[] {
    const tags = raw.startsWith("@") ? raw.indexOf(" ") + 1 : 0;
    const most = Number(this.#support.get("LINELEN") ?? maxLine);
    return [
      ...(tags > maxTags ? [`tags over ${maxTags} bytes`] : []),
      ...(raw.length - tags > most - 2 ? [`a line over ${most} bytes`] : []),
    ];
  }

  #form({ command, params, source }: Line): readonly string[] {
    const form = this.#formOf(command);
    if (form === undefined) return [`nothing says ${command}`];
    const faults: string[] = [];
    if (!origins[form.from](source)) faults.push(`${command} from ${source ?? "nobody"}`);
    if (form.cap !== undefined && !this.caps.has(form.cap)) {
      faults.push(`${command} without ${form.cap}`);
    }
    const numeric = /^\d/.test(command);
    const own = numeric ? params.slice(1) : params;
    if (numeric && !this.#isMe(params[0])) faults.push(`${command} names another than the client`);
    if (!fits(form.params, own, this)) {
      const expected = form.params.map(({ shape, times }) => shape + signs[times]).join(" ");
      faults.push(`the parameters of ${command} are not: ${expected}`);
    }
    return [...faults, ...this.#sense(command, params, source)];
  }

  #formOf(command: string): Form | undefined {
    if (command === "JOIN" && this.caps.has("extended-join")) return extendedJoin;
    return commands.get(command) ?? numerics.get(command);
  }

  /** What the parameters mean together. */
  #sense(
    command: string,
    params: readonly string[],
    source: string | undefined,
  ): readonly string[] {
    if (command === "005") return supportFaults(params.slice(1, -1));
    if (command === "324") return modeFaults(params.slice(2), this, true);
    if (command === "MODE" && this.chanTypes.includes(params[0]?.charAt(0) ?? "")) {
      return modeFaults(params.slice(1), this, false);
    }
    const spoken = /^(?:PRIVMSG|NOTICE|TAGMSG|REDACT)$/.test(command);
    if (!spoken || this.#nick === undefined) return [];
    const target = params[0] ?? "";
    const other = !/^[~&@%+]*[#&]/.test(target) && target !== this.#nick;
    const mine = source?.split("!")[0] === this.#nick;
    return other && !mine && !this.#batches.inHistory ? [`${command} for ${target}`] : [];
  }

  #isMe(name: string | undefined): boolean {
    if (name === undefined) return false;
    return this.#nick === undefined ? this.#wanted.has(name) : name === this.#nick;
  }

  #capsOf({ tags, command }: Line): readonly string[] {
    return [...tags].flatMap(([name, value]) => {
      const caps = capsFor(name);
      const faults: string[] = [];
      if (caps.length === 0) faults.push(`nothing has the tag ${name}`);
      else if (!caps.some((cap) => this.caps.has(cap))) {
        faults.push(`the tag ${name} without ${caps.join(" or ")}`);
      }
      if (name === "time" && !isMoment(value)) faults.push(`the time ${value}`);
      if (name === "msgid" && !/^[^\s:]\S*$/.test(value)) faults.push(`the msgid "${value}"`);
      if (name === "account" && !/^\S+$/.test(value)) faults.push(`the account "${value}"`);
      if (name === "draft/multiline-concat" && !/^(?:PRIVMSG|NOTICE)$/.test(command)) {
        faults.push(`${command} that goes on with a line`);
      }
      return faults;
    });
  }

  /** What lines have to do with each other: batches and labels. */
  #together(line: Line): readonly string[] {
    const faults = [...this.#batches.push(line, this)];
    const label = line.tags.get("label");
    if (label !== undefined) faults.push(...this.#labels.answered(label));
    if (line.command === "ACK" && label === undefined) faults.push("ACK of nothing");
    return faults;
  }

  /** What holds from this line on: for its own tags, too. */
  #follow({ command, params, source }: Line): readonly string[] {
    const [first = "", second = "", third = "", fourth] = params;
    if (command === "001") this.#nick = first;
    else if (command === "NICK" && source?.split("!")[0] === this.#nick) {
      if (!this.#batches.inHistory) this.#nick = first;
    } else if (command === "005") this.#learn(params.slice(1, -1));
    else if (command === "ERROR") this.#over = true;
    else if (command === "CAP") return this.#negotiated(second, fourth ?? third);
    return [];
  }

  #negotiated(verb: string, list: string): readonly string[] {
    const names = list.split(" ").filter((name) => name !== "");
    if (!/^(?:LS|LIST|ACK|NAK|NEW|DEL)$/.test(verb)) return [`CAP ${verb}`];
    if (/^(?:NEW|DEL)$/.test(verb) && !this.caps.has("cap-notify")) return [`CAP ${verb} unasked`];
    for (const name of names) {
      const off = verb === "DEL" || name.startsWith("-");
      if (off) this.caps.delete(name.replace(/^-/, ""));
      else if (verb === "ACK") this.caps.add(name);
    }
    const valued = names.some((name) => name.includes("=") && verb !== "LS" && verb !== "NEW");
    return valued ? [`CAP ${verb} with values`] : [];
  }

  #learn(tokens: readonly string[]): void {
    const told = tokens.map((token) => {
      const [name = "", ...value] = token.split("=");
      return [name, value.join("=")] as const;
    });
    this.#support = new Map([...this.#support, ...told]);
    const [, letters, signs] = /^\((\w*)\)(\S*)$/.exec(this.#support.get("PREFIX") ?? "") ?? [];
    if (letters !== undefined && signs !== undefined) this.ranks = { letters, signs };
    this.modes = this.#support.get("CHANMODES")?.split(",") ?? this.modes;
    this.chanTypes = this.#support.get("CHANTYPES") ?? this.chanTypes;
  }
}

/** The capabilities each of which allows a server to send that tag. */
const capsFor = (name: string): readonly string[] =>
  tagCaps.get(name) ?? (name.startsWith("+") || name.includes("/") ? ["message-tags"] : []);

const signs = { one: "", maybe: "?", many: "*" } as const;

/** What parsing forgives in tags: names twice, escapes that are none. */
function tagFaults(raw: string): readonly string[] {
  if (!raw.startsWith("@")) return [];
  const parts = raw.slice(1, raw.indexOf(" ")).split(";");
  const names = parts.map((part) => part.split("=", 1)[0] ?? "");
  const values = parts.map((part) => part.slice(part.indexOf("=") + 1));
  return [
    ...(new Set(names).size < names.length ? ["a tag twice"] : []),
    ...(values.some((value) => !/^(?:[^\\]|\\[:s\\rn])*$/.test(value)) ? ["a tag's escape"] : []),
  ];
}
