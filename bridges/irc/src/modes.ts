import type { Role } from "@bridgebox/core/adapter";

/** Which mode letters a server has, and which of them take a parameter (ISUPPORT CHANMODES, PREFIX). */
export interface ModeRules {
  /** Prefix sign to mode letter, highest first. */
  readonly prefixes: readonly { readonly symbol: string; readonly mode: string }[];
  /** CHANMODES: lists; always a parameter; a parameter when set; never one. */
  readonly kinds: readonly [string, string, string, string];
}

export interface ModeChange {
  readonly on: boolean;
  readonly mode: string;
  readonly param: string | undefined;
}

/** RFC 2811's letters, for a server that does not say. */
export const defaultRules: ModeRules = {
  prefixes: [
    { symbol: "@", mode: "o" },
    { symbol: "+", mode: "v" },
  ],
  kinds: ["beI", "k", "l", "imnpst"],
};

const isPrefix = (item: unknown): item is { symbol: string; mode: string } =>
  typeof item === "object" &&
  item !== null &&
  "symbol" in item &&
  "mode" in item &&
  typeof item.symbol === "string" &&
  typeof item.mode === "string" &&
  item.mode !== "";

/** The rules that a server's ISUPPORT states. */
export function rulesFrom(supports: (name: string) => unknown): ModeRules {
  const prefixes = supports("PREFIX");
  const kinds = supports("CHANMODES");
  const letters = (at: number): string => {
    if (!Array.isArray(kinds)) return defaultRules.kinds[at] ?? "";
    const given: unknown = kinds[at];
    return typeof given === "string" ? given : "";
  };
  return {
    prefixes: Array.isArray(prefixes) ? prefixes.filter(isPrefix) : defaultRules.prefixes,
    kinds: [letters(0), letters(1), letters(2), letters(3)],
  };
}

/**
 * The changes in `MODE #c <modes> <params>`, each with exactly the parameter that is its own: one
 * taken too many or too few would promote somebody else.
 */
export function parseModes(
  modes: string,
  params: readonly string[],
  { prefixes, kinds }: ModeRules,
): readonly ModeChange[] {
  const always = kinds[0] + kinds[1] + prefixes.map(({ mode }) => mode).join("");
  const changes: ModeChange[] = [];
  let on = true;
  let next = 0;
  for (const mode of modes) {
    if (mode === "+" || mode === "-") {
      on = mode === "+";
      continue;
    }
    const takes = always.includes(mode) || (on && kinds[2].includes(mode));
    changes.push({ on, mode, param: takes ? params[next++] : undefined });
  }
  return changes;
}

const roles: readonly (readonly [string, Role])[] = [
  ["q", "owner"],
  ["a", "admin"],
  ["o", "moderator"],
  ["h", "helper"],
  ["v", "voice"],
];

/** The roles that a server has modes for. */
export const rolesIn = ({ prefixes }: ModeRules): readonly Role[] => [
  ...roles.filter(([mode]) => prefixes.some((one) => one.mode === mode)).map(([, role]) => role),
  "member",
];

/** What makes that role of those modes: what stands above it goes; undefined: the server has no such role. */
export const changesTo = (
  role: Role,
  held: ReadonlySet<string>,
): readonly { readonly on: boolean; readonly mode: string }[] | undefined => {
  const at = role === "member" ? roles.length : roles.findIndex(([, one]) => one === role);
  if (at < 0) return undefined;
  const above = roles.slice(0, at).filter(([mode]) => held.has(mode));
  const own = roles[at]?.[0];
  return [
    ...(own === undefined || held.has(own) ? [] : [{ on: true, mode: own }]),
    ...above.map(([mode]) => ({ on: false, mode })),
  ];
};

/** The highest role among the modes that somebody has on a channel. */
export const roleOf = (modes: ReadonlySet<string>): Role =>
  roles.find(([mode]) => modes.has(mode))?.[1] ?? "member";
