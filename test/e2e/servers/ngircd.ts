import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Listening } from "./child.ts";
import { freePort } from "../../free-port.ts";
import { listening } from "./child.ts";
import { fromDebian } from "./debian.ts";

const binary = "/usr/sbin/ngircd";

/** How to start one: `dir` takes its configuration and must exist or be creatable. */
export interface NgircdOptions {
  readonly dir: string;
  readonly port?: number;
  readonly maxNick?: number;
  readonly password?: string;
}

/** Why there can be no ngIRCd here, or undefined once there is one; installs it from Debian where it may. */
export const whyNoNgircd = fromDebian({ name: "ngIRCd", packages: ["ngircd"], path: binary });

/** The configuration: loopback only, no lookups, and no flood penalty, which would make every measurement one of it. */
function config(port: number, options: NgircdOptions): string {
  const { maxNick = 31, password } = options;
  return `[Global]
Name = ng.test
AdminInfo1 = test
Info = test
Listen = 127.0.0.1
Ports = ${port}
MotdPhrase = hi
Network = NgTest
${password === undefined ? "" : `Password = ${password}\n`}[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxNickLength = ${maxNick}
MaxPenaltyTime = 0
[Options]
DNS = no
Ident = no
PAM = no
CloakHost =
`;
}

/** Starts ngIRCd in the foreground; resolves once it accepts connections. The caller ends it. */
export async function startNgircd(options: NgircdOptions): Promise<Listening> {
  const port = options.port ?? (await freePort());
  await mkdir(options.dir, { recursive: true });
  const file = join(options.dir, "ngircd.conf");
  await writeFile(file, config(port, options), { mode: 0o600 });
  return listening({ name: "ngIRCd", binary, args: ["-n", "-f", file], cwd: options.dir, port });
}
