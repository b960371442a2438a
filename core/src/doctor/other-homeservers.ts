import { whyNothing } from "./ask.ts";
import type { Context } from "./context.ts";
import { failed, ok } from "./finding.ts";
import type { Checked } from "./finding.ts";

const check = "double puppet server";

/** The homeservers that the config names for people of others: each answers as one. */
export const lookAtOtherHomeservers = ({
  config,
  asking,
}: Pick<Context, "config" | "asking">): Promise<readonly Checked[]> =>
  Promise.all(
    Object.entries(config.doublePuppet.servers).map(async ([name, address]) => {
      const fix = `Put the address of the client API of ${name} into double_puppet.servers.`;
      const answer = await asking.ask(`${address}/_matrix/client/versions`);
      if (answer.got === "nothing")
        return failed(check, `${name} was not asked: ${whyNothing(answer.code, address)}.`, fix);
      return Array.isArray(answer.body["versions"])
        ? ok(check, `${name} answers at ${address}.`)
        : failed(check, `Nothing at ${address} speaks Matrix (HTTP ${answer.status}).`, fix);
    }),
  );
