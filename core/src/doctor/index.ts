import { parseArgs } from "node:util";
import { wrongFlag } from "../config/index.ts";
import { diagnose } from "./diagnose.ts";
import type { DiagnoseOptions } from "./diagnose.ts";
import type { Checked } from "./finding.ts";

export type { CheckedAdapter } from "./networks.ts";

const help = `bridgebox doctor – looks at everything that has to be right, and says how to mend what is not

  npm run doctor -- -c config.yaml

  -c, --config FILE              the config
  -r, --registration FILE        the registration, instead of the one that the config names
      --homeserver-config FILE   the homeserver's own config (homeserver.yaml), to be looked at as well
      --json                     one JSON object in place of lines
  -h, --help

It changes nothing, and the box may run or not. Exit codes: 0 nothing failed, 1 wrong use, 40 something failed,
130 interrupted.`;

export interface DoctorOptions extends Pick<DiagnoseOptions, "signal"> {
  /** What stands after the command's name. */
  readonly argv: readonly string[];
  /** Where the config comes from, without its path. */
  readonly source: Omit<DiagnoseOptions["source"], "path"> & { readonly path?: string | undefined };
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
}

/** The command. Resolves with its exit code. */
export const runDoctor = async (options: DoctorOptions): Promise<0 | 1 | 40 | 130> => {
  const { say, complain, source, signal } = options;
  const parsed = parse(options.argv);
  if (typeof parsed === "string") {
    complain(`Nothing was looked at: ${parsed}\n\n${help}`);
    return 1;
  }
  if (parsed.help) {
    say(help);
    return 0;
  }
  const path = parsed.config ?? source.path;
  if (path === undefined) {
    complain('Nothing was looked at: say which config, as in "npm run doctor -- -c config.yaml".');
    return 1;
  }
  const all: Checked[] = [];
  const good = await diagnose({
    source: { ...source, path },
    registration: parsed.registration,
    homeserverConfig: parsed["homeserver-config"],
    signal,
    tell: (checked) => {
      all.push(checked);
      if (!parsed.json) for (const line of linesOf(checked)) say(line);
    },
  });
  if (signal.aborted) {
    complain("It was interrupted.");
    return 130;
  }
  if (parsed.json) say(JSON.stringify({ ok: good, checks: all }, undefined, 2));
  else say(`\n${summary(all)}`);
  return good ? 0 : 40;
};

const options = {
  config: { type: "string", short: "c" },
  registration: { type: "string", short: "r" },
  "homeserver-config": { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

const parse = (argv: readonly string[]) => {
  try {
    return parseArgs({
      args: [...argv],
      options,
    }).values;
  } catch (error) {
    return wrongFlag(error, Object.keys(options));
  }
};

const linesOf = ({ check, state, says, fix }: Checked): readonly string[] => [
  `${state.padEnd(7)}  ${check}: ${says}`,
  ...(fix === undefined ? [] : [`         → ${fix}`]),
];

const summary = (all: readonly Checked[]): string => {
  const count = (state: Checked["state"]): number => all.filter((it) => it.state === state).length;
  const failures = count("failed");
  const rest = [
    `${count("ok")} ok`,
    ...(count("warning") > 0 ? [`${count("warning")} to look at`] : []),
    `${count("skipped")} skipped`,
  ].join(", ");
  if (failures === 0) return `Nothing failed: ${rest}.`;
  return `${failures} failed, ${rest}. Mend the first one and run this again: others may rest on it.`;
};
