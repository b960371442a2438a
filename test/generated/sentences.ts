import { errorTable } from "../../core/src/adapter/errors.ts";
import type { ErrorCode } from "../../core/src/adapter/errors.ts";
import { isTest, sources } from "../architecture/sources.ts";
import type { Source } from "../architecture/sources.ts";
import { filled, listAt, textAt } from "./source-text.ts";

/** An error as its source says it: what is only known when it happens stands as `…`. */
export interface Sentence {
  readonly package: string;
  readonly code: ErrorCode;
  readonly text: string;
}

type Read = Pick<Source, "path" | "spoken" | "imports">;

/** Every error whose code and sentence stand in the source as they are, in order of code and text. */
export const sentences = (): readonly Sentence[] =>
  sentencesOf(sources().filter((source) => !isTest(source)));

/** The same of these files: where an error is raised, and where a function that makes it is called. */
export const sentencesOf = (all: readonly Read[]): readonly Sentence[] => {
  const makers = all.flatMap((source) => makersIn(source));
  const made = makers.flatMap((maker) => callsOf(maker, all));
  const found = [...all.flatMap((source) => raisedIn(source, makers)), ...made];
  const unique = new Map(found.map((one) => [JSON.stringify(one), one]));
  return [...unique.values()].sort((a, b) => order(a) - order(b) || (a.text < b.text ? -1 : 1));
};

const raised = /(?:new BridgeError|notBridged)\(\s*|\bcode: (?="\w+",\s*sentence:)/g;

/** A function that does nothing but make an error, of what it is given. */
interface Maker {
  readonly name: string;
  readonly source: Read;
  readonly params: readonly string[];
  /** A code, or the parameter that is it; likewise the sentence. */
  readonly code: string;
  readonly text: string;
  /** Where its error is made. */
  readonly at: number;
}

const making = /const (\w+) = \(/g;

/** From its parameters to what it makes: an error, a refusal, or the end of an item with a sentence. */
const bodies = [
  /^[^]*?\)(?:: [^=]*)? =>\s*(?:new BridgeError|notBridged)\(\s*/,
  /^[^]*?\)(?:: [^=]*)? =>\s*\(\{[^;]*?\bcode: (?="\w+",\s*sentence:)/,
];

const makersIn = (source: Read): readonly Maker[] => {
  const { spoken } = source;
  return [...spoken.matchAll(making)].flatMap(({ 0: whole, 1: name = "", index }) => {
    const from = index + whole.length;
    const ahead = spoken.slice(from, from + 600);
    const [head] = bodies.flatMap((body) => body.exec(ahead)?.[0] ?? []);
    if (head === undefined || head.includes("\n\n") || head.split("=>").length > 2) return [];
    const at = from + head.length;
    const [code = "", text = ""] = said(spoken, at);
    const params = listAt(spoken, from).map((one) => /^\w+/.exec(one)?.[0] ?? "");
    return params.length === 0 ? [] : [{ name, source, params, code, text, at }];
  });
};

/** The code and the sentence that stand there. */
const said = (spoken: string, at: number): readonly string[] =>
  listAt(spoken, at).map((one) => one.replace(/^sentence:\s*/, ""));

/** Its sentences, as its callers give what is in them. */
const callsOf = (maker: Maker, all: readonly Read[]): readonly Sentence[] => {
  const { name, source, params } = maker;
  const isNear = ({ path, imports }: Read): boolean =>
    path === source.path || imports.some(({ file, typeOnly }) => file === source.path && !typeOnly);
  const call = new RegExp(`(?<![\\w.])${name}\\(`, "g");
  return all.filter(isNear).flatMap((caller) =>
    [...caller.spoken.matchAll(call)].flatMap(({ 0: whole, index }) => {
      const args = listAt(caller.spoken, index + whole.length);
      const given = (param: string): string | undefined => args[params.indexOf(param)];
      const own = stringIn(given(maker.code) ?? maker.code, caller);
      const text = params.includes(maker.text)
        ? stringIn(given(maker.text) ?? "", caller)
        : stringIn(maker.text, source, (hole) =>
            params.includes(hole) ? (stringIn(given(hole) ?? "", caller) ?? "…") : undefined,
          );
      return sentence(source, own, text);
    }),
  );
};

const raisedIn = (source: Read, makers: readonly Maker[]): readonly Sentence[] => {
  const { spoken, path } = source;
  return [...spoken.matchAll(raised)].flatMap(({ 0: whole, index }) => {
    const at = index + whole.length;
    if (makers.some((one) => one.source.path === path && one.at === at)) return [];
    const [code = "", text = ""] = said(spoken, at);
    return sentence(source, stringIn(code, source), stringIn(text, source));
  });
};

const sentence = (
  { path }: Read,
  code: string | undefined,
  text: string | undefined,
): readonly Sentence[] => {
  const isSaid = text !== undefined && /[^…\s.:–]/.test(text);
  return isSaid && code !== undefined && isCode(code)
    ? [{ package: packageOf(path), code, text }]
    : [];
};

/** The text that an expression is; holes are what a constant of the file says, or `…`. */
const stringIn = (
  expression: string,
  source: Read,
  more: (hole: string) => string | undefined = () => undefined,
): string | undefined => {
  const { text } = textAt(expression, 0);
  if (text === undefined) return undefined;
  const whole = filled(text, (hole) => more(hole) ?? constantOf(source, hole) ?? "…");
  return whole.replaceAll(/…+/g, "…");
};

const constantOf = ({ spoken }: Read, name: string): string | undefined => {
  if (!/^\w+$/.test(name)) return undefined;
  const found = new RegExp(`^(?:export )?const ${name} =\\s*`, "m").exec(spoken);
  if (found === null) return undefined;
  const { text, end } = textAt(spoken, found.index + found[0].length);
  return text !== undefined && spoken[end] === ";" ? filled(text, () => "…") : undefined;
};

const codes: readonly string[] = Object.keys(errorTable);

const isCode = (code: string): code is ErrorCode => Object.hasOwn(errorTable, code);

const order = ({ code }: Sentence): number => codes.indexOf(code);

const packageOf = (path: string): string => /^(?:bridges\/)?([^/]+)/.exec(path)?.[1] ?? path;
