import { parseArgs } from "node:util";
import { wrongFlag } from "../config/index.ts";

/** `types`: the kinds of network there are. */
export const help = (types: readonly string[]): string => {
  const [first = "TYPE"] = types;
  return `bridgebox init – asks what it has to know, and writes config and registration

  npm run init
  npm run init -- --yes --domain example.org --network ${first}:home --set networks.home.KEY=VALUE

      --homeserver URL     where the box reaches the homeserver's client API (http://localhost:8008)
      --domain NAME        the homeserver's server_name: the part after the colon in @you:example.org
      --software NAME      synapse, dendrite or conduit; found out by itself where the homeserver tells
      --address URL        where the homeserver reaches the box (http://127.0.0.1:29320)
      --admin MXID         who may do everything, such as @you:example.org
      --network TYPE:NAME  a network, of ${types.join(", ")}; the name may be left out; once for each
      --set KEY=VALUE      any key of the config (docs/config.md); as often as needed
      --set-file KEY=FILE  the same with the value from a file, for secrets
  -c, --config FILE        where the config goes (config.yaml); the registration goes beside it
      --overwrite          replaces files that are there; the tokens of a registration are kept
  -y, --yes                asks nothing; what has no default must be given
  -h, --help

Exit codes: 0 written, 1 wrong use, 11 the config would be wrong, 12 something is there already or could
not be written, 130 interrupted. Unless it is 0, nothing was written.`;
};

const none: string[] = [];

const options = {
  homeserver: { type: "string" },
  domain: { type: "string" },
  software: { type: "string" },
  address: { type: "string" },
  admin: { type: "string" },
  network: { type: "string", multiple: true, default: none },
  set: { type: "string", multiple: true, default: none },
  "set-file": { type: "string", multiple: true, default: none },
  config: { type: "string", short: "c" },
  overwrite: { type: "boolean", default: false },
  yes: { type: "boolean", short: "y", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** What the command line says; the sentence where it is wrong. */
export const readFlags = (argv: readonly string[]) => {
  try {
    return parseArgs({
      args: [...argv],
      options,
    }).values;
  } catch (error) {
    return wrongFlag(error, Object.keys(options));
  }
};

export type Flags = Exclude<ReturnType<typeof readFlags>, string>;
