import { createInterface } from "node:readline";
import { Writable } from "node:stream";

/** Where questions are asked: a terminal, or a pipe that brings a line for each. */
export interface Terminal {
  /** One line; nothing: the person has had enough (Ctrl-C), or the answers ended. */
  ask(prompt: string, secret?: boolean): Promise<string | undefined>;
  close(): void;
}

export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };
export type Output = NodeJS.WritableStream;

/** A secret is not shown while it is typed, nor can it be called up afterwards. */
export const openTerminal = (input: Input, output: Output): Terminal => {
  const typed = input.isTTY === true;
  let muted = false;
  const shown = new Writable({
    write: (chunk: Uint8Array | string, _encoding, done) => {
      if (!muted) output.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input, output: shown, terminal: typed, historySize: 0 });
  lines.on("SIGINT", () => lines.close());
  const answers = lines[Symbol.asyncIterator]();
  return {
    ask: async (prompt, secret = false) => {
      output.write(prompt);
      lines.setPrompt("");
      muted = secret && typed;
      const { value, done } = await answers.next();
      muted = false;
      if (done === true || secret || !typed) output.write("\n");
      return done === true ? undefined : value.trim();
    },
    close: () => lines.close(),
  };
};
