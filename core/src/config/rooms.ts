import { networkId } from "../adapter/index.ts";
import type { BoundRoom } from "./types.ts";

/** `acme #lobby`: a network of the config, and a chat as that network names it. */
export const splitChat = (text: string): BoundRoom["chats"][number] => {
  const space = text.indexOf(" ");
  return { network: networkId(text.slice(0, space)), chat: text.slice(space).trim() };
};
