import { openAsking } from "../doctor/ask.ts";
import type { HomeserverSoftware } from "../config/index.ts";

const kinds: readonly (readonly [RegExp, HomeserverSoftware])[] = [
  [/^synapse/i, "synapse"],
  [/^dendrite/i, "dendrite"],
  [/condu|continuwu|tuwunel/i, "conduit"],
];

/** Milliseconds: a homeserver that is not there yet holds nobody up. */
const patience = 3000;

/** What answers at that address, where it tells (spec: Server-Server API, server version). */
export const softwareAt = async (address: string): Promise<HomeserverSoftware | undefined> => {
  const asking = openAsking(AbortSignal.timeout(patience));
  try {
    const url = `${address.replace(/\/+$/, "")}/_matrix/federation/v1/version`;
    const answer = await asking.ask(url);
    const server = answer.got === "answer" ? answer.body["server"] : undefined;
    const name = isNamed(server) ? server.name : "";
    return kinds.find(([pattern]) => pattern.test(name))?.[1];
  } finally {
    await asking.close();
  }
};

const isNamed = (value: unknown): value is { readonly name: string } =>
  typeof value === "object" && value !== null && "name" in value && typeof value.name === "string";
