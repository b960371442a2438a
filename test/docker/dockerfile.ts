/** One instruction of a Dockerfile, its continued lines joined. */
export interface Instruction {
  readonly stage: number;
  readonly name: string;
  readonly rest: string;
}

/** The instructions in order; comments and empty lines left out. Stages count from 0. */
export const instructions = (text: string): readonly Instruction[] => {
  const joined = text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .replaceAll(/\\\n\s*/g, " ");
  let stage = -1;
  return joined.split("\n").flatMap((line) => {
    const [, name, rest] = /^\s*([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === undefined || rest === undefined) return [];
    if (name === "FROM") stage += 1;
    return [{ stage, name, rest }];
  });
};

/** The program and arguments of an instruction in exec form. */
export const execForm = (rest: string): readonly string[] => {
  const parsed: unknown = JSON.parse(rest.slice(rest.indexOf("[")));
  const words: readonly unknown[] = Array.isArray(parsed) ? parsed : [];
  return words.map(String);
};

/** The variables of an `ENV a=b c=d`. */
export const variables = (rest: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    rest.split(/\s+/).map((pair) => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
