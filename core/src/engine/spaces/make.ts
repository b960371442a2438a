import { chatId } from "../../adapter/index.ts";
import type { Json, LoginId } from "../../adapter/index.ts";
import { singleFlight } from "../../flow/single-flight.ts";
import { aliasLocalpart } from "../../matrix/ghost-names.ts";
import { MatrixError } from "../../matrix/types.ts";
import type { Lane, Repositories, Space } from "../../store/types.ts";
import { asJson } from "../as-json.ts";
import type { Box } from "../box.ts";
import { queuePlace, queueSpace } from "./item.ts";
import { lookOf, saidBy } from "./look.ts";
import type { Look } from "./look.ts";

type Whose = Pick<Space, "network" | "owner">;

/** Makes spaces, each once: a deterministic alias makes a repeated creation an adoption. */
export class Spaces {
  readonly #box: Box;
  readonly #make: (whose: string) => Promise<string | undefined>;

  constructor(box: Box) {
    this.#box = box;
    this.#make = singleFlight((text) => this.#ensure(JSON.parse(text) as Whose));
  }

  /** The room; nothing where whose it would be is there no more. */
  ensure({ network, owner }: Whose): Promise<string | undefined> {
    return this.#make(JSON.stringify({ network, owner } satisfies Whose));
  }

  /** The alias that only this space has; it tells nobody whose it is. */
  async aliasOf(tx: Repositories, { network, owner }: Whose): Promise<string> {
    const prefix = this.#box.networks.get(network)?.settings.aliasPrefix ?? `${network}_`;
    const { domain } = this.#box.homeserver;
    const chat = "chat" in owner ? (await tx.portals.get(owner.chat))?.chat : undefined;
    const id = "chat" in owner ? `space ${chat?.id ?? owner.chat}` : "space";
    const receiver = "login" in owner ? owner.login : (chat?.receiver ?? ("" as LoginId));
    return `#${aliasLocalpart({ id: chatId(id), receiver }, { prefix, domain })}:${domain}`;
  }

  async #ensure(whose: Whose): Promise<string | undefined> {
    const { store } = this.#box;
    const known = await store.read.spaces.get(whose.network, whose.owner);
    if (known) return known.room;
    const look = await lookOf(this.#box, store.read, whose);
    if (look === undefined) return undefined;
    await this.#box.failpoint("space.before-create");
    const made = await this.#create(whose, look);
    await this.#box.failpoint("space.after-create");
    const lanes = await store.commit((tx) => this.#note(tx, { whose, look, ...made }));
    await this.#box.failpoint("space.committed");
    for (const lane of lanes) this.#box.wake(lane);
    return made.room;
  }

  /** What is left to do for it is queued in the same commit. */
  async #note(
    tx: Repositories,
    { whose, look, room, isNew }: { whose: Whose; look: Look; room: string; isNew: boolean },
  ): Promise<readonly Lane[]> {
    const box = this.#box;
    const shown = isNew ? { name: look.name, open: look.open } : {};
    await tx.spaces.put({ ...whose, room, shown: asJson(shown) });
    await tx.members.set(room, box.homeserver.bot, "join");
    if (isNew) for (const guest of look.guests) await tx.members.set(room, guest, "invite");
    const { network } = whose;
    return [
      await queueSpace(box, tx, room),
      ...(look.portal ? await queuePlace(box, tx, { network, room }) : []),
      ...(look.portal ? await queuePlace(box, tx, look.portal) : []),
    ];
  }

  async #create(
    whose: Whose,
    look: Look,
  ): Promise<{ readonly room: string; readonly isNew: boolean }> {
    const { homeserver, signal, store } = this.#box;
    const call = { class: "roster", signal } as const;
    const alias = await this.aliasOf(store.read, whose);
    try {
      const room = await homeserver.createRoom(await this.#body(whose, look, alias), call);
      return { room, isNew: true };
    } catch (error) {
      if (!(error instanceof MatrixError) || error.errcode !== "M_ROOM_IN_USE") throw error;
      const room = await homeserver.resolveAlias(alias, call);
      if (room === undefined) throw error;
      return { room, isNew: false };
    }
  }

  /** Spec: Client-Server API, "Spaces". Nobody talks in one. */
  async #body(
    whose: Whose,
    { name, topic, open, guests }: Look,
    alias: string,
  ): Promise<{ readonly [key: string]: Json }> {
    const { homeserver, store } = this.#box;
    return {
      preset: open ? "public_chat" : "private_chat",
      visibility: "private",
      room_alias_name: alias.slice(1, -(homeserver.domain.length + 1)),
      name,
      topic,
      creation_content: { type: "m.space" },
      invite: [...guests],
      power_level_content_override: { events_default: 100, invite: open ? 0 : 50 },
      initial_state: await saidBy(this.#box, store.read, whose),
    };
  }
}
