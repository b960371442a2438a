import type { IrcMessage } from "irc-framework";

/** As many names as a request can have without coming near the limit of a line. */
const atOnce = 20;
const bytesAtOnce = 400;

/** Between the library, which asks for everything in one line, and the server, whose lines have an end. */
export interface CapTalk {
  /** The lines to write for one of the library's. */
  out(line: string): readonly string[];
  /** The lines to give to the library for one of the server's. */
  in(line: string, message: IrcMessage): readonly string[];
}

function chunked(names: readonly string[]): string[][] {
  const chunks: string[][] = [];
  for (const name of names) {
    const last = chunks.at(-1);
    const size = last?.join(" ").length ?? bytesAtOnce;
    if (last !== undefined && last.length < atOnce && size + name.length < bytesAtOnce) {
      last.push(name);
    } else chunks.push([name]);
  }
  return chunks;
}

/**
 * Requests leave in several lines; their answers come back to the library as one, refusals first: it
 * takes the first answer after which it waits for nothing as the end, and would log in once per line.
 */
export function capTalk(): CapTalk {
  const asked: string[][] = [];
  let [taken, refused]: [string[], string[]] = [[], []];
  const told = (): readonly string[] => {
    if (asked.length > 0) return [];
    const lines = [
      ...(refused.length === 0 ? [] : [`CAP * NAK :${refused.join(" ")}`]),
      ...(taken.length === 0 ? [] : [`CAP * ACK :${taken.join(" ")}`]),
    ];
    [taken, refused] = [[], []];
    return lines;
  };
  return {
    out: (line) => {
      const list = /^CAP REQ :?(.*)$/.exec(line)?.[1];
      if (list === undefined) return [line];
      const chunks = chunked(list.split(" ").filter((name) => name !== ""));
      asked.push(...chunks);
      return chunks.map((names) => `CAP REQ :${names.join(" ")}`);
    },
    in: (line, { command, params }) => {
      const verb = command === "CAP" ? params[1] : undefined;
      const [head] = asked;
      if (head === undefined || (verb !== "ACK" && verb !== "NAK")) return [line];
      if (verb === "NAK") {
        refused.push(...head);
        asked.shift();
        return told();
      }
      const names = (params.at(-1) ?? "").split(" ").filter((name) => name !== "");
      taken.push(...names);
      const left = head.filter((name) => !names.includes(name));
      if (left.length === 0) asked.shift();
      else asked[0] = left;
      return told();
    },
  };
}
