import { nearest } from "../adapter/index.ts";

/** What is wrong with a command line, from what `parseArgs` threw; `known` are its options, without dashes. */
export const wrongFlag = (error: unknown, known: readonly string[]): string => {
  const says = error instanceof Error ? error.message : String(error);
  const [, flag] = /^Unknown option '(--?[^']+)'/.exec(says) ?? [];
  if (flag === undefined) return says;
  const close = flag.startsWith("--") ? nearest(flag.slice(2), known) : undefined;
  return `there is no option ${flag}.${close === undefined ? "" : ` Did you mean --${close}?`}`;
};
