import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";
import type { World } from "./commands/command.ts";
import { tryWelcome } from "./commands/registration.ts";
import type { Connection } from "./connection.ts";

/** Asks the machine at the other end whose that connection is (RFC 1413); registration waits for it. */
export async function identify(world: World, me: Connection, port: number): Promise<void> {
  me.identifying = true;
  me.identified = await answered(me.socket, port);
  me.identifying = false;
  if (!me.closed) tryWelcome(world, me);
}

async function answered(
  { remoteAddress = "", remotePort, localAddress = "", localPort }: Socket,
  port: number,
): Promise<string | undefined> {
  const asking = connect({ host: remoteAddress, port, localAddress });
  try {
    await once(asking, "connect");
    asking.write(`${remotePort}, ${localPort}\r\n`);
    let answer = "";
    for await (const chunk of asking) answer += String(chunk);
    return /^\d+ *, *\d+ *: *USERID *: *UNIX *: *([^\0\r\n @!]+)\r\n$/.exec(answer)?.[1];
  } catch {
    return undefined;
  }
}
