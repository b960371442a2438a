/** What the value of an ISUPPORT token may be; of others it is free (modern.ircdocs.horse, "Feature Advertisement"). */
const values: Readonly<Record<string, RegExp>> = {
  AWAYLEN: /^\d+$/,
  CASEMAPPING: /^(?:ascii|rfc1459|rfc1459-strict|rfc3454|rfc7613|utf8|precis)$/,
  CHANLIMIT: /^(?:[^\w\s:]+:\d*)(?:,[^\w\s:]+:\d*)*$/,
  CHANMODES: /^\w*,\w*,\w*,\w*(?:,\w*)*$/,
  CHANNELLEN: /^\d+$/,
  CHANTYPES: /^[^\w\s]*$/,
  CHATHISTORY: /^\d+$/,
  CLIENTTAGDENY: /^(?:\*|[-\w./+]+)(?:,[-\w./+]+)*$/,
  ELIST: /^[CMNTUcmntu]*$/,
  HOSTLEN: /^\d+$/,
  KICKLEN: /^\d+$/,
  LINELEN: /^\d{3,}$/,
  MAXLIST: /^\w+:\d+(?:,\w+:\d+)*$/,
  MODES: /^\d*$/,
  MONITOR: /^\d*$/,
  MSGREFTYPES: /^\w+(?:,\w+)*$/,
  NETWORK: /^\S+$/,
  NICKLEN: /^\d+$/,
  PREFIX: /^(?:\(\w+\)[^\w\s]+)?$/,
  STATUSMSG: /^[^\w\s]+$/,
  TARGMAX: /^(?:[A-Z]+:\d*(?:,[A-Z]+:\d*)*)?$/,
  TOPICLEN: /^\d+$/,
  USERLEN: /^\d+$/,
};

/** What is wrong with the tokens of one RPL_ISUPPORT. */
export function supportFaults(tokens: readonly string[]): readonly string[] {
  const faults = tokens.length > 13 ? ["more than 13 tokens"] : [];
  for (const token of tokens) {
    const [name = "", ...rest] = token.split("=");
    const value = rest.join("=");
    const known = name.startsWith("-") ? undefined : values[name];
    if (known !== undefined && !known.test(value)) faults.push(`${name} is ${value}`);
    const [, letters, signs] = /^\((\w+)\)(\S+)$/.exec(name === "PREFIX" ? value : "") ?? [];
    if (letters?.length !== signs?.length) faults.push("PREFIX has more letters than signs");
  }
  return faults;
}
