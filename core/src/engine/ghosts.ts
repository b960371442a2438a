import { asBridgeError, userId } from "../adapter/index.ts";
import type { NetworkId, UserId, UserInfo } from "../adapter/index.ts";
import { holdsAddress } from "./address.ts";
import { asJson } from "./as-json.ts";
import { Lru } from "../flow/lru.ts";
import { singleFlight } from "../flow/single-flight.ts";
import { ghostLocalpart, parseGhostLocalpart } from "../matrix/ghost-names.ts";
import { MatrixError } from "../matrix/types.ts";
import type { Call, CallClass } from "../matrix/types.ts";
import { cleanName, looksLike } from "../richtext/index.ts";
import type { Ghost, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { queuePicture } from "./picture-item.ts";
import { outAlready } from "./refusal.ts";

const key = (network: NetworkId, user: UserId): string => JSON.stringify([network, user]);

/** How long a first message waits for its sender's name, in milliseconds. */
const namePatience = 3000;

/** Remote people on the homeserver: registered when they are first needed, renamed when they are. */
export class Ghosts {
  readonly #box: Box;
  readonly #known = new Lru<string, Ghost>(50_000);
  readonly #mxids = new Lru<string, { network: NetworkId; user: UserId } | false>(50_000);
  readonly #joined = new Lru<string, true>(100_000);
  readonly #leaving = new Map<string, Promise<void>>();
  /** One flight for each class: who speaks never waits for what makes the roster whole. */
  readonly #register: Readonly<Record<"live" | "roster", (id: string) => Promise<Ghost>>>;

  constructor(box: Box) {
    this.#box = box;
    this.#register = {
      live: singleFlight((id) => this.#ensure(id, "live")),
      roster: singleFlight((id) => this.#ensure(id, "roster")),
    };
  }

  async get(network: NetworkId, user: UserId): Promise<Ghost> {
    const known = this.#known.get(key(network, user));
    if (known) return known;
    const stored = await this.#box.store.read.ghosts.get(network, user);
    const ghost = stored ?? this.#fresh(network, user);
    this.#known.set(key(network, user), ghost);
    return ghost;
  }

  /** The remote person behind an MXID of ours. */
  async byMxid(mxid: string): Promise<Ghost | undefined> {
    const known = this.#mxids.get(mxid);
    if (known !== undefined) return known ? this.get(known.network, known.user) : undefined;
    const ghost = await this.#box.store.read.ghosts.byMxid(mxid);
    // It may have been made while it was looked for.
    const made = this.#mxids.get(mxid);
    if (made) return this.get(made.network, made.user);
    this.#mxids.set(mxid, ghost ? { network: ghost.network, user: ghost.user } : false);
    return ghost;
  }

  /** The person whom an MXID of ours names, whether anybody has heard of them or not. */
  namedBy(mxid: string): { readonly network: NetworkId; readonly user: UserId } | undefined {
    const { domain } = this.#box.homeserver;
    if (!mxid.startsWith("@") || !mxid.endsWith(`:${domain}`)) return undefined;
    const localpart = mxid.slice(1, -(domain.length + 1));
    for (const { settings } of this.#box.networks.values()) {
      const id = parseGhostLocalpart(localpart, { prefix: settings.ghostPrefix, domain });
      if (id !== undefined) return { network: settings.id, user: userId(id) };
    }
    return undefined;
  }

  async isGhost(mxid: string): Promise<boolean> {
    return (await this.byMxid(mxid)) !== undefined;
  }

  /** Registered, and shown with its present name. */
  async ensure(
    network: NetworkId,
    user: UserId,
    callClass: "live" | "roster" = "live",
  ): Promise<Ghost> {
    const known = this.#known.get(key(network, user));
    if (known?.registered && known.shownName === this.#nameOf(known)) return known;
    return this.#register[callClass](key(network, user));
  }

  /**
   * In the caller's commit: what the network says of that person, and which of it is to be shown anew
   * because their ghost is known already.
   */
  async learn(
    tx: Repositories,
    who: { network: NetworkId; user: UserId },
    info: UserInfo,
  ): Promise<{ readonly name: boolean; readonly picture: boolean }> {
    const id = key(who.network, who.user);
    const nothing = { name: false, picture: false };
    if (sameAs(this.#known.get(id), info)) return nothing;
    const stored = await tx.ghosts.get(who.network, who.user);
    if (sameAs(stored, info)) return nothing;
    const before = stored ?? this.#fresh(who.network, who.user);
    const { name, ...rest } = info;
    const after: Ghost = { ...before, name, info: asJson(rest) };
    await tx.ghosts.put(after);
    this.#known.set(id, after);
    if (!stored) this.#mxids.set(after.mxid, who);
    if (!before.registered) return nothing;
    return { name: before.name !== name, picture: pictureIn(before) !== pictureIn(after) };
  }

  /** Whether we know that it is in the room. */
  async isIn(room: string, mxid: string): Promise<boolean> {
    await this.#leaving.get(`${room} ${mxid}`);
    if (this.#joined.get(`${room} ${mxid}`)) return true;
    return (await this.#box.store.read.members.get(room, mxid)) === "join";
  }

  /** In the room as that user; a room that cannot be joined is entered by the bot's invitation. */
  async ensureJoined(room: string, mxid: string, callClass: CallClass): Promise<void> {
    const memo = `${room} ${mxid}`;
    await this.#leaving.get(memo);
    if (this.#joined.get(memo)) return;
    if ((await this.#box.store.read.members.get(room, mxid)) !== "join") {
      await this.#box.failpoint("join.before-call");
      await this.#join(room, mxid, callClass);
      await this.#box.failpoint("join.after-call");
      await this.#box.store.commit((tx) => tx.members.set(room, mxid, "join"));
    }
    this.#joined.set(memo, true);
  }

  /** Leaves the room as that user, which may be out of it already; who comes back waits until that is written down. */
  async leave(room: string, call: Call & { readonly as: string }, reason: string): Promise<void> {
    const memo = `${room} ${call.as}`;
    const leaving = this.#leave(room, call, reason);
    const over = leaving
      .catch(() => undefined)
      .finally(() => {
        if (this.#leaving.get(memo) === over) this.#leaving.delete(memo);
      });
    this.#leaving.set(memo, over);
    return leaving;
  }

  async #leave(room: string, call: Call & { readonly as: string }, reason: string): Promise<void> {
    const { homeserver, store } = this.#box;
    await homeserver.leave(room, call, reason).catch(outAlready);
    this.membershipChanged(room, call.as);
    await store.commit((tx) => tx.members.forget(room, call.as));
  }

  /** Joins a room by id or alias, through these servers where it is of another one; returns its id. */
  async enter(roomOrAlias: string, mxid: string, via?: readonly string[]): Promise<string> {
    const { homeserver, signal, store } = this.#box;
    const as = mxid === homeserver.bot ? undefined : mxid;
    const room = await homeserver.join(roomOrAlias, { class: "live", as, signal }, via);
    await store.commit((tx) => tx.members.set(room, mxid, "join"));
    return room;
  }

  /** The homeserver says that it is otherwise. */
  membershipChanged(room: string, mxid: string): void {
    this.#joined.delete(`${room} ${mxid}`);
  }

  /** A name of one message's sender: it holds nothing invisible, and passes for nobody of Matrix. */
  asShown(network: NetworkId, name: string): string {
    return this.#marked(network, cleanName(name));
  }

  async #join(room: string, mxid: string, callClass: CallClass): Promise<void> {
    const { homeserver, signal } = this.#box;
    const as = mxid === homeserver.bot ? undefined : mxid;
    try {
      await homeserver.join(room, { class: callClass, as, signal });
    } catch (error) {
      if (!(error instanceof MatrixError) || error.errcode !== "M_FORBIDDEN" || as === undefined)
        throw error;
      await homeserver.invite(room, mxid, { class: callClass, signal });
      await homeserver.join(room, { class: callClass, as, signal });
    }
  }

  async #ensure(id: string, callClass: CallClass): Promise<Ghost> {
    const [network, user] = JSON.parse(id) as [NetworkId, UserId];
    const { homeserver, store, signal } = this.#box;
    let ghost = await this.#named(network, user, callClass);
    const call = { class: callClass, signal } as const;
    if (!ghost.registered) {
      await this.#box.failpoint("ghost.before-register");
      await homeserver.register(localpartOf(ghost.mxid), call);
      await this.#box.failpoint("ghost.after-register");
      ghost = { ...ghost, registered: true };
    }
    const name = this.#nameOf(ghost);
    if (ghost.shownName !== name) {
      await homeserver.setDisplayName(ghost.mxid, name, { ...call, as: ghost.mxid });
      ghost = { ...ghost, shownName: name };
    }
    const { mxid, shownName } = ghost;
    await this.#box.failpoint("ghost.before-commit");
    const { done, pictured } = await store.commit(async (tx) => {
      const now = (await tx.ghosts.get(network, user)) ?? ghost;
      const after: Ghost = { ...now, registered: true, shownName };
      await tx.ghosts.put(after);
      this.#known.set(id, after);
      const isNew = !now.registered && pictureIn(after) !== undefined;
      const lane = isNew ? await queuePicture(this.#box, tx, { network, user }) : undefined;
      return { done: after, pictured: lane };
    });
    this.#mxids.set(mxid, { network, user });
    if (pictured) this.#box.wake(pictured);
    return done.name === ghost.name ? done : this.#ensure(id, callClass);
  }

  /** What the network says of a person; nothing if there is nobody, or it cannot say now. */
  async ask(network: NetworkId, user: UserId): Promise<UserInfo | undefined> {
    return this.#ask(network, user).catch(() => undefined);
  }

  async #ask(network: NetworkId, user: UserId): Promise<UserInfo | undefined> {
    const { connections, networks, signal } = this.#box;
    const login = [...(networks.get(network)?.logins.values() ?? [])].find(
      (one) => one.state === "connected" && connections.can(one.row.id, "user"),
    );
    if (!login) return undefined;
    const within = AbortSignal.any([signal, AbortSignal.timeout(namePatience)]);
    return connections.call(login.row.id, "user", user, within);
  }

  /**
   * A person whom no event has named yet is asked for; a network that does not say is no hindrance. Only
   * the roster waits until it was asked often enough.
   */
  async #named(network: NetworkId, user: UserId, callClass: CallClass): Promise<Ghost> {
    const ghost = await this.get(network, user);
    if (ghost.name !== undefined) return ghost;
    const info = await this.#ask(network, user).catch((error: unknown) => {
      if (callClass === "roster" && asBridgeError(error).code === "rate_limit") throw error;
      return undefined;
    });
    if (info === undefined) return ghost;
    await this.#box.store.commit((tx) => this.learn(tx, { network, user }, info));
    return this.get(network, user);
  }

  /** A name that can pass neither for the bot's nor for an address, and holds nothing invisible. */
  #nameOf(ghost: Ghost): string {
    const settings = this.#box.networks.get(ghost.network)?.settings;
    const own = cleanName(ghost.name ?? "");
    const name = own === "" ? cleanName(ghost.user) || "somebody" : own;
    const shown = (settings?.ghostName ?? "{name}").replaceAll("{name}", () => name);
    return this.#marked(ghost.network, shown);
  }

  #marked(network: NetworkId, shown: string): string {
    const mistakable = holdsAddress(shown) || looksLike(shown, this.#box.settings.botName);
    return mistakable ? `${shown} (${network})` : shown;
  }

  #fresh(network: NetworkId, user: UserId): Ghost {
    const prefix = this.#box.networks.get(network)?.settings.ghostPrefix ?? `${network}_`;
    const { domain } = this.#box.homeserver;
    return {
      network,
      user,
      mxid: `@${ghostLocalpart(user, { prefix, domain })}:${domain}`,
      name: undefined,
      info: {},
      registered: false,
      shownName: undefined,
    };
  }
}

const sameAs = (ghost: Ghost | undefined, { name, ...rest }: UserInfo): boolean =>
  ghost?.name === name && JSON.stringify(ghost.info) === JSON.stringify(rest);

/** The picture that the network tells of, as text to compare; nothing: it told of none. */
const pictureIn = ({ info }: Ghost): string | undefined =>
  info !== null && typeof info === "object" && "avatar" in info
    ? JSON.stringify(info.avatar)
    : undefined;

const localpartOf = (mxid: string): string => mxid.slice(1, mxid.indexOf(":"));
