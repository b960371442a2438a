import type { LoginId, Resolved } from "@bridgebox/core/adapter";
import type { Access } from "./access.ts";
import { Api } from "./api/tl.ts";
import { resolved } from "./directory.ts";
import { rpcName } from "./errors.ts";
import { fromPeer, peerKey, type PeerId } from "./ids.ts";

const most = 20;
const tooLittle = ["QUERY_TOO_SHORT", "SEARCH_QUERY_EMPTY"];

/** People and chats by a part of their name: those that the account knows first (contacts.search). */
export const search = async (
  access: Access,
  { text, login }: { readonly text: string; readonly login: LoginId },
  signal: AbortSignal,
): Promise<readonly Resolved[]> => {
  const q = text.trim().replace(/^@/, "");
  const answer = q === "" ? undefined : await ask(access, q, signal);
  if (answer === undefined) return [];
  await access.learn(answer.users, answer.chats);
  const peers = new Map<string, PeerId>();
  for (const found of [...answer.myResults, ...answer.results]) {
    const peer = fromPeer(found);
    peers.set(peerKey(peer), peer);
  }
  const list: Resolved[] = [];
  for (const peer of peers.values()) {
    const known = await access.peers.get(peer);
    if (known !== undefined) list.push(resolved(peer, known, login));
  }
  return list;
};

/** What is too short to be looked for finds nobody. */
const ask = async (
  { client }: Access,
  q: string,
  signal: AbortSignal,
): Promise<Api.contacts.TypeFound | undefined> => {
  const request = new Api.contacts.Search({ q, limit: most });
  try {
    return await client.call<Api.contacts.TypeFound>(request, { what: "Nobody was found", signal });
  } catch (error) {
    const name = error instanceof Error ? rpcName(error.cause)?.name : undefined;
    if (name !== undefined && tooLittle.includes(name)) return undefined;
    throw error;
  }
};
