import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Listening } from "./child.ts";
import { freePort } from "../../free-port.ts";
import { listening } from "./child.ts";
import { unpacked } from "./unpacked.ts";

const inspircd = {
  name: "InspIRCd",
  package: "inspircd",
  suite: "bookworm",
  path: "usr/sbin/inspircd",
} as const;

/** Why there can be no InspIRCd here, or undefined once there is one. */
export async function whyNoInspircd(): Promise<string | undefined> {
  const found = await unpacked(inspircd);
  return "why" in found ? found.why : undefined;
}

const modules = [
  "cap ircv3 ircv3_accounttag ircv3_batch ircv3_capnotify ircv3_chghost ircv3_ctctags",
  "ircv3_echomessage ircv3_invitenotify ircv3_labeledresponse ircv3_msgid ircv3_servertime",
  "services_account setname chanhistory namesx banexception inviteexception",
].flatMap((names) => names.split(" "));

/** Loopback only, no limits that would make each measurement one of them. */
const config = (port: number, { root, dir }: { root: string; dir: string }): string => `
<server name="insp.test" description="test" network="InspTest" id="1AB">
<admin name="a" nick="a" email="a@example.org">
<path configdir="${dir}" datadir="${dir}" logdir="${dir}" moduledir="${join(root, "usr/lib/inspircd/modules")}">
<bind address="127.0.0.1" port="${port}" type="clients">
<pid file="${join(dir, "inspircd.pid")}">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="${join(dir, "ircd.log")}">
<connect allow="*" localmax="200" globalmax="200" maxchans="100" useident="no" resolvehostnames="no" fakelag="no" recvq="65536" sendq="1048576" commandrate="100000" threshold="1000" timeout="30">
<options casemapping="ascii">
<performance nouserdns="yes" somaxconn="128">
${modules.map((name) => `<module name="${name}">`).join("\n")}
<ctctags allowclientonlytags="yes">
<chanhistory maxduration="4w" maxlines="100" prefixmsg="no" sendtobots="yes" enableumode="no">
`;

/** Starts InspIRCd; resolves once it accepts connections. The caller ends it. */
export async function startInspircd(dir: string): Promise<Listening> {
  const found = await unpacked(inspircd);
  if ("why" in found) throw new Error(found.why);
  await mkdir(dir, { recursive: true });
  const port = await freePort();
  const file = join(dir, "inspircd.conf");
  await writeFile(file, config(port, { root: found.root, dir }), { mode: 0o600 });
  const asRoot = process.getuid?.() === 0 ? ["--runasroot"] : [];
  return listening({
    name: "InspIRCd",
    binary: join(found.root, inspircd.path),
    args: [`--config=${file}`, "--nofork", ...asRoot],
    cwd: dir,
    port,
  });
}
