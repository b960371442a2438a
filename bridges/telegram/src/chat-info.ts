import { randomUUID } from "node:crypto";
import { BridgeError } from "@bridgebox/core/adapter";
import type { Attempt, ChatRef, Connection, MediaRef } from "@bridgebox/core/adapter";
import { reach, type Access, type Ask } from "./access.ts";
import { Api, long, type Rpc } from "./api/tl.ts";
import { rpcName } from "./errors.ts";
import { upload, type Uploader } from "./upload.ts";
import type { PeerId } from "./ids.ts";

type Change = Parameters<NonNullable<Connection["setInfo"]>>[1];

/** core.telegram.org/method/channels.editTitle, messages.editChatAbout */
const longest = { title: 128, about: 255 } as const;

interface Maker {
  readonly access: Access;
  readonly uploader: Uploader;
}

interface Place {
  readonly peer: PeerId;
  readonly input: Api.TypeInputPeer;
}

/** Another name, description or picture of a group or channel; what is so already is a success. */
export const setInfo = async (
  maker: Maker,
  { chat, change }: { readonly chat: ChatRef; readonly change: Change },
  signal: AbortSignal,
): Promise<readonly Api.TypeUpdates[]> => {
  const { name, topic, avatar } = change;
  const what = "The group was not changed";
  const place = await reach(maker.access, chat, what);
  if (place.peer.kind === "user" || place.peer.topic !== undefined) {
    const why = place.peer.kind === "user" ? "a private chat" : "a topic of a group";
    throw new BridgeError("unsupported", `${what}: ${why} has nothing of it to change from here.`, {
      reached: "no",
      scope: "item",
    });
  }
  const { access } = maker;
  const made: Api.TypeUpdates[] = [];
  const told = (updates: Api.TypeUpdates | undefined) => {
    if (updates !== undefined) made.push(updates);
  };
  if (name !== undefined) {
    const request = await titled(access, place, short(name.trim(), longest.title));
    told(await unlessSo(access, request, { what: "The group was not renamed", signal }));
  }
  if (topic !== undefined) {
    const about = short(topic, longest.about);
    const request = new Api.messages.EditChatAbout({ peer: place.input, about });
    await unlessSo(access, request, { what: "The description was not changed", signal });
  }
  if (avatar !== undefined) {
    const asking = { what: "The picture of the group was not changed", signal };
    const request = await pictured(maker, place, { avatar, asking });
    told(await unlessSo(access, request, asking));
  }
  return made;
};

const short = (text: string, most: number): string => Array.from(text).slice(0, most).join("");

const so = new Set(["CHAT_NOT_MODIFIED", "CHAT_ABOUT_NOT_MODIFIED"]);

const unlessSo = async <R>(
  { client }: Access,
  request: Rpc<R> & Parameters<Access["client"]["call"]>[0],
  ask: Ask,
): Promise<R | undefined> => {
  try {
    return await client.call<R>(request, ask);
  } catch (error) {
    const name = error instanceof Error ? rpcName(error.cause)?.name : undefined;
    if (name !== undefined && so.has(name)) return undefined;
    throw error;
  }
};

const titled = async (
  { peers }: Access,
  { peer }: Place,
  title: string,
): Promise<Api.messages.EditChatTitle | Api.channels.EditTitle> => {
  if (peer.kind === "chat") return new Api.messages.EditChatTitle({ chatId: long(peer.id), title });
  const channel = (await peers.inputChannel(peer.id)) ?? new Api.InputChannelEmpty();
  return new Api.channels.EditTitle({ channel, title });
};

const pictured = async (
  { access, uploader }: Maker,
  { peer }: Place,
  { avatar, asking }: { readonly avatar: MediaRef | null; readonly asking: Ask },
): Promise<Api.messages.EditChatPhoto | Api.channels.EditPhoto> => {
  const { what, signal } = asking;
  const photo =
    avatar === null
      ? new Api.InputChatPhotoEmpty()
      : new Api.InputChatUploadedPhoto({
          file: await upload(uploader, { ref: avatar, place: 0, what }, onlyOnce(signal)),
        });
  if (peer.kind === "chat") return new Api.messages.EditChatPhoto({ chatId: long(peer.id), photo });
  const channel = (await access.peers.inputChannel(peer.id)) ?? new Api.InputChannelEmpty();
  return new Api.channels.EditPhoto({ channel, photo });
};

/** A state is told again as a whole, so that nothing is noted of how far its file has come. */
const onlyOnce = (signal: AbortSignal): Attempt => ({
  key: randomUUID(),
  number: 1,
  firstAt: Date.now(),
  notes: null,
  note: async () => undefined,
  signal,
});
