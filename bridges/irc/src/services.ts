/** Where the services of a network are, and what they understand. */
export interface Services {
  /**
   * `nick@server` (RFC 2812, 2.3.1): a server gives what is said there to that nick on that server alone. Whoever
   * only took the nick, where the services are away or were never there, is not on it and hears nothing.
   */
  readonly address: string;
  /** What they are told; `{account}` and `{password}` stand for those. */
  readonly identify: string;
  /** How a nick is asked for that a dead connection holds, as `{nick}`. */
  readonly regain: string;
  /** Milliseconds in which they have to answer. */
  readonly answerMs: number;
}

const filled = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);

export const identifyText = (
  { identify }: Services,
  { account, password }: { readonly account: string; readonly password: string },
): string => filled(identify, { account, password });

export const regainText = ({ regain }: Services, nick: string): string => filled(regain, { nick });

export const nickOfServices = ({ address }: Services): string => address.split("@")[0] ?? address;

const right =
  /\bnow (?:identified|recogni[sz]ed|logged in|authenticated)|successfully (?:identified|authenticated|logged in)|password accepted|authentication success|already (?:identified|authenticated|logged in)/i;

const wrong =
  /\b(?:invalid|incorrect|wrong) (?:password|credentials)|password (?:is |was )?(?:invalid|incorrect|wrong)|(?:identify|identification|authentication) failed/i;

const unknown = /(?:\bnot|n['\u2019]t) (?:a )?registered/i;

/**
 * What services say to IDENTIFY, in the words of those that most networks have; nothing where it is something else,
 * such as that a nick is registered, which they tell everybody.
 */
export function verdictOf(said: string, account: string): "right" | "wrong" | undefined {
  if (right.test(said)) return "right";
  const named = said.toLowerCase().includes(account.toLowerCase());
  return wrong.test(said) || (named && unknown.test(said)) ? "wrong" : undefined;
}
