import type { LoginId, Millis } from "../../adapter/index.ts";
import type { MessageRow, Portal } from "../../store/types.ts";
import { loginFor } from "../to-network/speaker.ts";
import type { Works } from "../works.ts";
import { Latest } from "./latest.ts";
import { markKey } from "./marks.ts";
import type { Marks } from "./marks.ts";
import { perLogin } from "./per-login.ts";
import { quietly } from "./quietly.ts";

/** A person's receipt in a room: at which event, and when by the homeserver's clock. */
export interface Receipt {
  readonly room: string;
  readonly user: string;
  readonly event: string;
  readonly ts: Millis;
}

interface Place {
  readonly portal: Portal;
  readonly receipt: Receipt;
}

/** Who scrolls through a room tells the network once, in milliseconds. */
const wait: Millis = 700;
const mostWaiting = 2000;

/**
 * Who has read here has read there, where they have a login of their own. An event that the network
 * does not know (a notice, an edit) stands for the last message before it; nothing goes back.
 */
export const receiptsToNetwork = (works: Works, marked: Marks): ((receipt: Receipt) => void) => {
  const { box } = works;

  const upTo = async (portal: Portal, { event, ts }: Receipt): Promise<MessageRow | undefined> => {
    const rows = await box.store.read.messages.byEvent(portal.id, event);
    if (rows.length > 0) return rows.at(-1);
    const last = await box.store.read.messages.last(portal.id);
    return last && last.at <= ts ? last : undefined;
  };

  const mark = async (login: LoginId, { portal, receipt }: Place): Promise<void> => {
    const row = await upTo(portal, receipt);
    const key = markKey(login, portal.id);
    if (row === undefined || row.at <= (marked.get(key) ?? 0)) return;
    marked.set(key, row.at);
    const deadline = AbortSignal.timeout(box.settings.deadline.network);
    const signal = AbortSignal.any([box.signal, deadline]);
    await box.connections.call(login, "markRead", portal.chat, row.remote, signal);
  };

  const tell = perLogin<Place>((login, place) =>
    quietly(box, "A read receipt", mark(login, place)),
  );

  const everywhere = async (receipt: Receipt): Promise<void> => {
    for (const portal of await works.portals.ofRoom(receipt.room)) {
      const found = portal.dead ? undefined : await loginFor(works, portal, receipt.user);
      if (!found?.own || !box.connections.can(found.login.row.id, "markRead")) continue;
      tell(found.login.row.id, String(portal.id), { portal, receipt });
    }
  };

  const latest = new Latest<Receipt>({
    clock: box.clock,
    signal: box.signal,
    wait,
    most: mostWaiting,
    work: (receipt) => quietly(box, "A read receipt", everywhere(receipt)),
  });
  return (receipt) => {
    if (!works.isInNamespace(receipt.user))
      latest.set(JSON.stringify([receipt.room, receipt.user]), receipt);
  };
};
