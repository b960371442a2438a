import { BridgeError } from "../adapter/index.ts";
import type { ErrorCode } from "../adapter/index.ts";
import { serverOf } from "../matrix/puppets.ts";
import { MatrixError } from "../matrix/types.ts";
import { keep, keptOf, placed } from "./given.ts";
import { LoginProcess } from "./login-process.ts";
import { isRefusal } from "./refusal.ts";
import type { Lane, Repositories } from "../store/types.ts";
import { queueOwnOf } from "./own-chat.ts";
import type { Works } from "./works.ts";

interface Offer {
  readonly person: string;
  readonly token: string;
  readonly signal: AbortSignal;
}

/**
 * Takes an access token by which the box acts as a person from now on: their homeserver says that it is
 * theirs. Returns the sentence about it.
 * @throws BridgeError where nothing was kept, with the reason.
 */
export const takeToken = async (
  works: Works,
  { person, token, signal }: Offer,
): Promise<string> => {
  const { box, puppets } = works;
  if (!/^[\x21-\x7e]{1,2000}$/.test(token))
    throw refused("invalid", "an access token is one word without spaces. Copy it again");
  const call = { class: "live", signal } as const;
  const found = await foundFor(works, person, signal);
  const given = placed(person, { token, found }, puppets.homes);
  if (given === undefined) throw refused("forbidden", elsewhere(works, person));
  const { user, device } = await box.homeserver.whoIs(given, call).catch(unanswered);
  if (user !== person)
    throw refused("forbidden", "that token is somebody else's. Give me one of your own");
  const lanes = await box.store.commit(async (tx) => {
    await keep(tx, person, { token, device, found, since: box.clock.now() });
    return queueChatsOf(works, tx, person);
  });
  puppets.changed(person);
  for (const lane of new Set(lanes)) box.wake(lane);
  const by = device === undefined ? "" : `, as your device ${device}`;
  return (
    `From now on I show what you do on other networks as done by yourself${by}. "ping-matrix" tells ` +
    `whether it still works, "logout-matrix" ends it.`
  );
};

/** How they see the chats that they have already is set now that it can be. */
const queueChatsOf = async (
  { box }: Works,
  tx: Repositories,
  person: string,
): Promise<readonly Lane[]> => {
  const lanes: Lane[] = [];
  for (const { id } of await tx.logins.ofOwner(person))
    for (const portal of await tx.portals.ofLogin(id))
      if (portal.room !== undefined && !portal.dead)
        lanes.push(...(await queueOwnOf(box, tx, { portal, logins: [id] })));
  return lanes;
};

/** Where a homeserver is that neither the box has nor its config names. */
const foundFor = async (
  { box, puppets: { homes } }: Works,
  person: string,
  signal: AbortSignal,
): Promise<string | undefined> => {
  const server = serverOf(person);
  if (server === homes.domain || Object.hasOwn(homes.servers, server)) return undefined;
  if (!homes.discovery) return undefined;
  return box.homeserver.findServer(server, { class: "live", signal }).catch(unanswered);
};

const elsewhere = ({ puppets }: Works, person: string): string =>
  `I do not know where the homeserver ${serverOf(person)} is, and may not look for it. The admin of this ` +
  `box can name it in double_puppet.servers, or set double_puppet.discovery` +
  (puppets.homes.discovery ? "; look whether its name is right" : "");

const refused = (code: ErrorCode, why: string): BridgeError =>
  new BridgeError(code, `Nothing was kept: ${why}.`, { reached: "no", scope: "item" });

const unanswered = (error: unknown): never => {
  if (!(error instanceof MatrixError)) throw error;
  const { message, errcode } = error;
  const why = message.replace(/\.$/, "");
  throw isRefusal(error)
    ? refused(
        "auth",
        `your homeserver does not take that token (${errcode}). Make a new one: log in once more ` +
          `with a client of yours, and copy the token of that session`,
      )
    : refused("network", `${why.charAt(0).toLowerCase()}${why.slice(1)}. Try again later`);
};

/** Asks for the token as a login asks for a secret. */
export const startMatrixLogin = (works: Works, person: string): LoginProcess => {
  const process = new LoginProcess(() => {
    throw refused("unsupported", "this needs no page of a network");
  });
  const run = async (): Promise<string> => {
    const { token } = await process.ui.ask(
      [{ key: "token", label: "Access token", type: "token", secret: true }],
      "Log in once more with a client of yours, and copy the access token of that new session (in " +
        "Element: Settings, Help & About). Do not log that session out: that ends the token. I redact " +
        "what you send me here.",
    );
    const signal = AbortSignal.any([works.box.signal, process.signal]);
    return takeToken(works, { person, token, signal });
  };
  run().then(
    (says) => process.push({ kind: "done", logins: [], says }),
    (error: unknown) => {
      const sentence = error instanceof Error ? error.message : String(error);
      process.push({ kind: "failed", sentence, isWhole: true });
    },
  );
  return process;
};

/** As whom the box shows what that person does on other networks, as their homeserver sees it now. */
export const pingMatrix = async (
  works: Works,
  person: string,
  signal: AbortSignal,
): Promise<string> => {
  const { box, puppets } = works;
  const { read } = box.store;
  if (!(await puppets.canBe(read, person)))
    return `A ghost of yours speaks for you: you gave me no access token. "login-matrix" changes that.`;
  if ((await read.logins.ofOwner(person)).length === 0)
    return "I can speak as you, and have nothing to say: you are logged in to no network. Say: login";
  const kept = await keptOf(read, person);
  const way = kept ? "the access token that you gave me" : "the registration of this homeserver";
  try {
    const { user, device } = await box.homeserver.whoami({ class: "live", as: person, signal });
    if (user !== person) return `${way} does not let me speak as you.`;
    puppets.changed(person);
    return `I speak as you, ${person}, by ${way}${device === undefined ? "" : ` (device ${device})`}.`;
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    const again = kept ? ` Give me a new one: login-matrix` : "";
    return `I cannot speak as you by ${way} now: ${error.message}${isRefusal(error) ? again : ""}`;
  }
};

/** False: there was none. */
export const forgetToken = async (works: Works, person: string): Promise<boolean> => {
  const { store } = works.box;
  const had = (await keptOf(store.read, person)) !== undefined;
  if (had) await store.commit((tx) => keep(tx, person, undefined));
  works.puppets.changed(person);
  return had;
};
