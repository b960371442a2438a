import type { Batch, RemoteEvent } from "../../adapter/index.ts";
import type { LiveNetwork } from "../box.ts";
import { isHeard } from "../primary.ts";
import type { EphemeralFlow } from "./types.ts";
import type { Works } from "../works.ts";
import { isOwnAccount } from "./own-account.ts";
import { newMarks } from "./marks.ts";
import { isOver, presenceOf, receiptsOf, typingOf } from "./parse.ts";
import { presenceToMatrix } from "./presence-to-matrix.ts";
import { presenceToNetwork } from "./presence-to-network.ts";
import { quietly } from "./quietly.ts";
import { receiptsToMatrix } from "./receipts-to-matrix.ts";
import { receiptsToNetwork } from "./receipts-to-network.ts";
import { typingToMatrix } from "./typing-to-matrix.ts";
import { typingToNetwork } from "./typing-to-network.ts";

export const ephemeralFlow = (works: Works): EphemeralFlow => {
  const { box } = works;
  const typingIn = typingToMatrix(works);
  const marked = newMarks();
  const receiptIn = receiptsToMatrix(works, marked);
  const presenceIn = presenceToMatrix(works);
  const typingOut = typingToNetwork(works);
  const receiptOut = receiptsToNetwork(works, marked);
  const presenceOut = presenceToNetwork(works);

  const heard = async (live: LiveNetwork, batch: Batch, event: RemoteEvent): Promise<void> => {
    if (event.kind === "presence") {
      if (!isOwnAccount(live, event.user)) presenceIn({ live, event, seenBy: batch.seenBy });
      return;
    }
    if (event.kind !== "typing" && event.kind !== "read" && event.kind !== "message") return;
    const portal = await works.portals.find(live.settings.id, event.chat);
    if (portal?.room === undefined || portal.dead) return;
    const user = event.kind === "message" ? event.sender : event.user;
    if (event.kind === "message") return typingIn.said(live, portal, user);
    if (isOwnAccount(live, user) && event.kind !== "read") return;
    if (!(await isHeard(box, portal, { event, seenBy: batch.seenBy })).heard) return;
    if (event.kind === "read") receiptIn(live, portal, event);
    else await typingIn.take(live, portal, event);
  };

  const all = async (live: LiveNetwork, batch: Batch): Promise<void> => {
    for (const event of batch.events) await heard(live, batch, event);
  };

  return {
    fromNetwork: (live, batch) => {
      if (batch.catchUp !== true) void quietly(box, "Something ephemeral", all(live, batch));
    },
    fromHomeserver: (list, behind) => {
      for (const one of list) {
        if (one.type === "m.receipt") for (const receipt of receiptsOf(one)) receiptOut(receipt);
        if (isOver(behind)) continue;
        const typing = one.type === "m.typing" ? typingOf(one) : undefined;
        if (typing) void typingOut.take(typing.room, typing.users);
        const presence = one.type === "m.presence" ? presenceOf(one) : undefined;
        if (presence) presenceOut(presence);
      }
    },
  };
};
