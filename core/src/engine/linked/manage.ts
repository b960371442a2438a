import { BridgeError } from "../../adapter/index.ts";
import type { NetworkId } from "../../adapter/index.ts";
import type { Claimant, Link, LinkOffer, Repositories } from "../../store/types.ts";
import type { LiveNetwork } from "../box.ts";
import { rememberTalk } from "../onboard.ts";
import { commitTelling } from "../telling.ts";
import type { Works } from "../works.ts";
import { codeLife, codeText, isOpen, isSame, mostTries, newCode, proofOf, wordOf } from "./code.ts";
import { queueAnswer } from "./tell.ts";

/** A code for that person, to be sent from the account that is theirs; an older one is void. */
export const offerLink = async (
  { box }: Works,
  {
    live,
    mxid,
    room,
  }: { readonly live: LiveNetwork; readonly mxid: string; readonly room: string },
): Promise<string> => {
  const { id: network } = live.settings;
  const code = newCode();
  const whose = { network, mxid, selector: code.selector };
  const until = box.clock.now() + codeLife;
  const proof = proofOf(box, whose, code.verifier);
  await box.store.commit(async (tx) => {
    await tx.links.putOffer({ ...whose, proof, tries: 0, until, claim: undefined });
    await rememberTalk(tx, mxid, room);
  });
  return codeText(code);
};

const refused = (sentence: string): BridgeError =>
  new BridgeError("invalid", sentence, { reached: "no", scope: "item" });

/** The word came back from the account: it is theirs. @throws BridgeError `invalid` for any other word. */
export const confirmLink = async (
  works: Works,
  { mxid, word }: { readonly mxid: string; readonly word: string },
): Promise<Link> => {
  const { box } = works;
  let made: Link | BridgeError | undefined;
  const announce = await commitTelling(box, async (tx, tell) => {
    const offer = await offerFor(works, tx, { mxid, word });
    if (!offer?.claim) {
      made = refused(
        "Nothing was linked: that is not the word, or it is over. Look again at what I told your account there, or begin anew with: link",
      );
      return [];
    }
    const { claim, network } = offer;
    await tx.links.removeOffer(network, mxid);
    const holder = await tx.links.get(network, claim.account);
    if (holder && holder.mxid !== mxid) {
      made = refused(
        "Nothing was linked: that account is linked to somebody else. Say unlink to me there, by that account, and begin anew.",
      );
      return [];
    }
    const link = { ...claim, network, mxid, since: box.clock.now() };
    await tx.links.put(link);
    made = link;
    tell({ what: "link", network, account: link.account, mxid });
    const text =
      `This account is linked to ${mxid} on Matrix now: what you say here is shown there as said by ` +
      `them, and what they say there carries your name here. To end that, say: unlink`;
    const origin = `linked:${network}:${link.account}:${link.since}`;
    return [await queueAnswer(box, tx, { answer: { network, to: claim, text }, origin })];
  });
  announce();
  if (made === undefined || made instanceof BridgeError) throw made;
  return made;
};

/** The offer whose word that is; a wrong one counts for all that wait for one. */
const offerFor = async (
  { box }: Works,
  tx: Repositories,
  { mxid, word }: { readonly mxid: string; readonly word: string },
): Promise<LinkOffer | undefined> => {
  const now = box.clock.now();
  const offers = await tx.links.offersTo(mxid);
  const waiting = offers.flatMap((offer) =>
    offer.claim !== undefined && isOpen(offer, now)
      ? [{ offer, account: offer.claim.account }]
      : [],
  );
  const typed = word.trim().toUpperCase();
  const fits = waiting.filter(({ offer, account }) => isSame(wordOf(box, offer, account), typed));
  if (fits[0]) return fits[0].offer;
  for (const { offer } of waiting) {
    const tries = offer.tries + 1;
    if (tries < mostTries) await tx.links.putOffer({ ...offer, tries });
    else await tx.links.removeOffer(offer.network, mxid);
  }
  return undefined;
};

/** What was ended. */
export interface Ended {
  readonly links: readonly Link[];
  /** Proofs that were under way. */
  readonly offers: readonly LinkOffer[];
}

/** Ends what that person has there, and tells the accounts. `account`: only that one. */
export const unlink = async (
  { box }: Works,
  {
    mxid,
    network,
    account,
  }: { readonly mxid: string; readonly network: NetworkId; readonly account?: string | undefined },
): Promise<Ended> => {
  let ended: Ended = { links: [], offers: [] };
  const announce = await commitTelling(box, async (tx, tell) => {
    const fits = (one: Pick<Claimant, "account" | "name">): boolean =>
      account === undefined || one.account === account || one.name === account;
    const links = (await tx.links.of(mxid)).filter((one) => one.network === network && fits(one));
    const offers = (await tx.links.offersTo(mxid)).filter(
      (one) => one.network === network && (account === undefined || (one.claim && fits(one.claim))),
    );
    ended = { links, offers };
    for (const one of links) {
      await tx.links.remove(network, one.account);
      tell({ what: "link", network, account: one.account, mxid });
    }
    for (const _ of offers) await tx.links.removeOffer(network, mxid);
    const people = [...links, ...offers.flatMap(({ claim }) => claim ?? [])];
    return Promise.all(
      people.map((to) => {
        const text = `The account ${to.account} is not linked to a Matrix user any more.`;
        const origin = `unlinked:${network}:${to.account}:${box.clock.now()}`;
        return queueAnswer(box, tx, { answer: { network, to, text }, origin });
      }),
    );
  });
  announce();
  return ended;
};
