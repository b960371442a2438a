import assert from "node:assert/strict";
import bigInt from "big-integer";
import { Api, type TelegramClient } from "telegram";
import { Raw } from "telegram/events/index.js";
import type { Post, TelegramServer } from "./index.ts";
import { testClient } from "./test-client.ts";

/** A signed-in client and everything pushed to it. */
export interface Device {
  readonly client: TelegramClient;
  readonly updates: Api.TypeUpdate[];
}

/** Notes everything pushed to a client. */
export function watched(client: TelegramClient): Device {
  const updates: Api.TypeUpdate[] = [];
  client.addEventHandler((update: Api.TypeUpdate) => updates.push(update), new Raw({}));
  return { client, updates };
}

/** Signs in by code, and by password where the account has one. */
export async function signIn(
  server: TelegramServer,
  phone: string,
  password?: string,
): Promise<Device> {
  const client = testClient(server.testServer);
  await client.start({
    phoneNumber: phone,
    phoneCode: () => Promise.resolve(server.code(phone)),
    ...(password === undefined ? {} : { password: () => Promise.resolve(password) }),
    onError: (error) => assert.fail(error),
  });
  return watched(client);
}

/** Signs a bot in. */
export async function signInBot(server: TelegramServer, token: string): Promise<Device> {
  const client = testClient(server.testServer);
  await client.start({ botAuthToken: token, onError: (error) => assert.fail(error) });
  return watched(client);
}

/** The first update of this class that fits, now or later. */
export function update<U extends Api.TypeUpdate>(
  device: Device,
  type: new (...args: never[]) => U,
  fits: (update: U) => boolean = () => true,
): Promise<U> {
  return arrived(() =>
    device.updates.find((seen): seen is U => seen instanceof type && fits(seen)),
  );
}

/** Polls, since what a client has received is not the server's to announce. */
export async function arrived<T>(probe: () => T | undefined): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const value = probe();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`never arrived: ${probe.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The text of a message, empty for a service message. */
export function textOf(message: Api.TypeMessage): string {
  return message instanceof Api.Message ? message.message : "";
}

/** Sends a text as is, with a random_id of one's own choice if need be. */
export async function send(
  { client }: Device,
  to: string | Api.TypePeer,
  options: { message: string; randomId?: number; entities?: Api.TypeMessageEntity[] },
): Promise<Api.TypeUpdates> {
  const { message, randomId, entities } = options;
  return client.invoke(
    new Api.messages.SendMessage({
      peer: await client.getInputEntity(to),
      message,
      randomId: bigInt(randomId ?? Math.ceil(Math.random() * 1e15)),
      ...(entities ? { entities } : {}),
    }),
  );
}

/** Expects the network to refuse with this error. */
export function refuses(promise: Promise<unknown>, error: string): Promise<void> {
  return assert.rejects(promise, { errorMessage: error });
}

/** The newest message of a chat. */
export function last(posts: readonly Post[]): Post {
  const post = posts.at(-1);
  assert.ok(post);
  return post;
}
