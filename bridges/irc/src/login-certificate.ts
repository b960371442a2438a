import type { LoginContext, LoginFlow, LoginUi } from "@bridgebox/core/adapter";
import type { ClientCertificate } from "./certificate.ts";
import {
  fingerprints,
  fromStored,
  makeCertificate,
  readCertificate,
  toStored,
} from "./certificate.ts";
import type { IrcAccount, IrcConfig } from "./config.ts";
import { registering } from "./errors.ts";
import { clientOptions, needsTls } from "./identity.ts";
import { askNick } from "./login.ts";
import { trusted } from "./network.ts";
import { visit } from "./visit.ts";

type Context = LoginContext<IrcConfig, IrcAccount>;

/** A client of one's own whose account is proved without a password (SASL EXTERNAL). */
export const certificate: LoginFlow<IrcConfig, IrcAccount> = {
  label: "Nick and certificate",
  gives:
    "A client of your own on IRC that logs in to your account with a certificate; no password is stored.",
  run: async (ui, context) => {
    if (!context.config.tls) throw needsTls();
    const named = await askNick(ui);
    const own = await choose(ui, named.name, context.relogin?.account.certificate);
    await prove(ui, context, { nick: named.name, own });
    return [{ ...named, account: { nick: named.name, certificate: toStored(own) } }];
  },
};

async function choose(
  ui: LoginUi,
  nick: string,
  before: IrcAccount["certificate"],
): Promise<ClientCertificate> {
  const keep = before === undefined ? "" : " Write keep to go on with the one you have.";
  const check = (text: string): string | undefined => {
    if (/^new$/i.test(text) || (before !== undefined && /^keep$/i.test(text))) return undefined;
    return problemOf(text);
  };
  const given = await ui.ask([
    {
      key: "certificate",
      label: "Certificate",
      type: "multiline",
      secret: true,
      help: `Write new, and I make one. If you have one, paste it with its private key (PEM).${keep}`,
      check,
    },
  ] as const);
  if (/^new$/i.test(given.certificate)) return makeCertificate(nick);
  if (before !== undefined && /^keep$/i.test(given.certificate)) return fromStored(before);
  return readCertificate(given.certificate);
}

function problemOf(text: string): string | undefined {
  try {
    readCertificate(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Looks until the services know it: a login that they refuse is not kept, nor would be its key. */
async function prove(
  ui: LoginUi,
  { config, signal }: Context,
  { nick, own }: { readonly nick: string; readonly own: ClientCertificate },
): Promise<void> {
  const ca = await trusted(config);
  const account = { nick, certificate: toStored(own) };
  const options = clientOptions({ config, ca, certificate: undefined }, { account, role: "user" });
  let say = `Your certificate has to be known to the network's services: ${registering(fingerprints(own))}.`;
  for (;;) {
    await ui.ask(
      [{ key: "done", label: "Done", type: "text", help: "Write done when you have." }] as const,
      say,
    );
    const refused = await visit(options, signal);
    signal.throwIfAborted();
    if (refused === undefined) return;
    const unknown = refused.sasl === "fail";
    if (refused.again === "never" && !unknown) throw refused.error;
    say = unknown ? "The services there do not know it yet." : refused.error.message;
  }
}
