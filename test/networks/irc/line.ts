/** One message of the protocol, taken apart (RFC 2812 §2.3.1, IRCv3 message-tags). */
export interface Line {
  /** Tags as name to unescaped value, in the order sent. */
  readonly tags: ReadonlyMap<string, string>;
  readonly source: string | undefined;
  /** In capitals. */
  readonly command: string;
  readonly params: readonly string[];
}

/** A parsed line with what the grammar has against it; `line` is absent where nothing can be made of it. */
export interface Parsed {
  readonly line: Line | undefined;
  readonly faults: readonly string[];
}

/** Text to the server's inner form, one character per byte, so that lengths are what the wire counts. */
export function toWire(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The inner one-character-per-byte form back to text. */
export function fromWire(wire: string): string {
  return Buffer.from(wire, "latin1").toString("utf8");
}

const unescapes: Readonly<Record<string, string>> = {
  ":": ";",
  s: " ",
  "\\": "\\",
  r: "\r",
  n: "\n",
};
const escapes: Readonly<Record<string, string>> = {
  ";": "\\:",
  " ": "\\s",
  "\\": "\\\\",
  "\r": "\\r",
  "\n": "\\n",
};

/** A tag value as it may stand on the wire (IRCv3 message-tags, "Escaping values"). */
export function escapeTag(value: string): string {
  return value.replace(/[; \\\r\n]/g, (found) => escapes[found] ?? found);
}

/** What a client wrote, as a parameter of an answer that is not the last one; `*` where it cannot be one. */
export function asMiddle(text: string): string {
  return /^[^\0\r\n :][^\0\r\n ]*$/.test(text) ? text : "*";
}

function unescapeTag(value: string): string {
  return value.replace(/\\(.?)/gs, (_whole, letter: string) => unescapes[letter] ?? letter);
}

const tagName = /^\+?(?:[A-Za-z0-9.-]+\/)?[A-Za-z0-9-]+$/;

function parseTags(section: string, faults: string[]): Map<string, string> {
  const tags = new Map<string, string>();
  for (const part of section.split(";")) {
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    if (!tagName.test(name)) faults.push(`bad tag name "${name}"`);
    else tags.set(name, equals < 0 ? "" : unescapeTag(part.slice(equals + 1)));
  }
  return tags;
}

const noTags: ReadonlyMap<string, string> = new Map();

function parseParams(rest: string, faults: string[]): string[] {
  const params: string[] = [];
  let at = 0;
  while (at < rest.length) {
    if (rest.charCodeAt(at) === 58) {
      params.push(rest.slice(at + 1));
      at = rest.length;
    } else {
      const space = rest.indexOf(" ", at);
      const end = space < 0 ? rest.length : space;
      if (end === at) faults.push("empty parameter (two spaces)");
      else params.push(rest.slice(at, end));
      at = end + 1;
      if (space === rest.length - 1) faults.push("space at the end");
    }
  }
  if (params.length > 15) faults.push("more than 15 parameters");
  return params;
}

/** Takes one line apart as strictly as RFC 2812 §2.3.1 writes it, and says everything that is wrong with it. */
export function parseLine(raw: string): Parsed {
  const faults: string[] = [];
  let rest = raw;
  let tags = noTags;
  let source: string | undefined;
  if (rest.startsWith("@")) {
    const end = rest.indexOf(" ");
    if (end < 0) return { line: undefined, faults: ["tags without a command"] };
    tags = parseTags(rest.slice(1, end), faults);
    rest = rest.slice(end + 1);
  }
  if (rest.startsWith(":")) {
    const end = rest.indexOf(" ");
    if (end < 0) return { line: undefined, faults: ["source without a command"] };
    source = rest.slice(1, end);
    if (source === "") faults.push("empty source");
    rest = rest.slice(end + 1);
  }
  if (rest.includes("\0")) faults.push("NUL");
  const space = rest.indexOf(" ");
  const command = space < 0 ? rest : rest.slice(0, space);
  if (!/^(?:[A-Za-z]+|[0-9]{3})$/.test(command)) {
    return { line: undefined, faults: [...faults, "no command"] };
  }
  const params = space < 0 ? [] : parseParams(rest.slice(space + 1), faults);
  return { line: { tags, source, command: command.toUpperCase(), params }, faults };
}

/** A piece of the stream between two line ends. */
export interface RawLine {
  readonly raw: string;
  readonly faults: readonly string[];
}

const none: readonly string[] = [];

/**
 * Cuts a byte stream into lines. A bare CR or LF ends a line too, as on real servers: that is what makes an injected
 * command run (CVE-2022-29166), so it must run here as well, and is named as a fault.
 */
export class LineCutter {
  #rest = "";

  /** Bytes waiting for their line end. */
  get pending(): number {
    return this.#rest.length;
  }

  push(chunk: Buffer): RawLine[] {
    const data = this.#rest + chunk.toString("latin1");
    const lines: RawLine[] = [];
    let from = 0;
    for (let end = data.indexOf("\n"); end >= 0; end = data.indexOf("\n", from)) {
      const crlf = end > from && data.charCodeAt(end - 1) === 13;
      const body = data.slice(from, crlf ? end - 1 : end);
      from = end + 1;
      if (crlf && !body.includes("\r")) lines.push({ raw: body, faults: none });
      else lines.push(...cutAtCr(body, crlf));
    }
    this.#rest = data.slice(from);
    return lines;
  }
}

function cutAtCr(body: string, crlf: boolean): RawLine[] {
  const pieces = body.split("\r");
  return pieces.map((raw, index) => {
    if (index < pieces.length - 1) return { raw, faults: ["bare CR"] };
    return { raw, faults: crlf ? none : ["bare LF"] };
  });
}
