import type { AsideEvent, Batch } from "../../adapter/index.ts";
import type { Claimant, Lane, LinkOffer, Repositories } from "../../store/types.ts";
import type { LiveLogin, LiveNetwork } from "../box.ts";
import type { Tell } from "../ending.ts";
import type { Works } from "../works.ts";
import { codeIn, codeLife, isOpen, isSame, mostTries, proofOf, wordOf } from "./code.ts";
import type { Code } from "./code.ts";
import { accountOf } from "./linked.ts";
import { queueAnswer, queueNote, shownAccount } from "./tell.ts";

/** Somebody of a network who spoke to an account of the box. */
interface Heard {
  readonly live: LiveNetwork;
  readonly event: AsideEvent;
  readonly who: Claimant;
  readonly tell: Tell;
}

interface Said {
  readonly text: string;
  readonly lanes?: readonly Lane[];
}

/**
 * What a person of a network says to the box itself: a code that links their account, or that it is
 * linked no more. Everything else is not for the box, and never answered: two bots would not stop.
 */
export const hearAside = async (
  works: Works,
  tx: Repositories,
  {
    live,
    batch,
    event,
    tell,
  }: { readonly batch: Batch; readonly event: AsideEvent } & Pick<Heard, "live" | "tell">,
): Promise<readonly Lane[]> => {
  const login = loginOfBox(live, batch, event);
  const does = deedIn(event.text);
  if (!login || !does || isOfBox(live, event)) return [];
  const { id: network } = live.settings;
  const account = accountOf(live, event);
  if (!works.linked.isHeard({ network, account: account ?? `name ${event.sender}` })) return [];
  const { name, chat, key } = event;
  const to = { login: login.row.id, chat };
  const said =
    account === undefined
      ? { text: byNameAlone(live) }
      : await does(works, tx, { live, event, who: { account, name, ...to }, tell });
  const answer = { network, to, text: said.text };
  const origin = `aside:${network}:${to.login}:${chat.id}:${key}`;
  return [...(said.lanes ?? []), await queueAnswer(works.box, tx, { answer, origin })];
};

const loginOfBox = (
  live: LiveNetwork,
  { seenBy }: Batch,
  { chat: { receiver } }: AsideEvent,
): LiveLogin | undefined => {
  const logins = seenBy.flatMap((id) => live.logins.get(id) ?? []);
  return logins.find(
    ({ row }) => row.owner === undefined && (receiver === undefined || receiver === row.id),
  );
};

/** An account of the box itself: two of them would answer each other. */
const isOfBox = ({ logins }: LiveNetwork, { sender }: AsideEvent): boolean =>
  [...logins.values()].some(({ row }) => row.owner === undefined && row.user === sender);

type Deed = (works: Works, tx: Repositories, heard: Heard) => Promise<Said>;

const deedIn = (text: string): Deed | undefined => {
  const code = codeIn(text);
  if (code) return (works, tx, heard) => takeCode(works, tx, { ...heard, code });
  const word = text.trim().toLowerCase();
  if (word === "unlink") return unlinkHere;
  if (word === "link") return tellHow;
  return /^link\s+\S+$/.test(word) ? refuseCode : undefined;
};

const byNameAlone = ({ settings: { adapter } }: LiveNetwork): string =>
  `Nothing was done: ${adapter.name} does not say which account you are logged in to, and nobody is known by a name alone. Log in to your account there, and send it again.`;

const howTo = ({ box }: Works, { settings: { id } }: LiveNetwork): string =>
  `On Matrix, say to ${box.homeserver.bot}: link ${id}. It gives you a code to send here.`;

const tellHow: Deed = (works, _tx, { live }) =>
  Promise.resolve({ text: `To link this account to your Matrix user: ${howTo(works, live)}` });

/** What was meant as a code gets an answer too: whoever mistyped it waits for one. */
const refuseCode: Deed = (works, _tx, { live }) =>
  Promise.resolve({ text: `Nothing was linked: that is no code. ${howTo(works, live)}` });

const takeCode = async (
  works: Works,
  tx: Repositories,
  { live, event, who, code }: Heard & { readonly code: Code },
): Promise<Said> => {
  const { box } = works;
  const { id: network, adapter } = live.settings;
  const linked = await tx.links.get(network, who.account);
  if (linked)
    return {
      text: `Nothing was done: this account is linked to ${linked.mxid} already. To end that, say: unlink`,
    };
  if ((await tx.logins.ofUser(network, event.sender)).length > 0)
    return { text: "Nothing was done: this account is logged in to the box, so it needs no link." };
  const offer = await tx.links.offerBy(network, code.selector);
  if (!offer || !(await isTheirs(works, tx, { offer, code, who })))
    return {
      text: `Nothing was linked: that code is not known here, or it is used or over. ${howTo(works, live)}`,
    };
  const word = wordOf(box, offer, who.account);
  const text =
    `${offer.mxid} on Matrix says that this account is theirs. If you are ${offer.mxid}, say to ` +
    `${box.homeserver.bot} on Matrix: confirm ${word} – If it was somebody else who asked you to send ` +
    `that code, give nobody this word: they would be seen here as you. To stop it, say: unlink`;
  if (offer.claim) return { text };
  const until = box.clock.now() + codeLife;
  await tx.links.putOffer({ ...offer, claim: who, tries: 0, until });
  const note = {
    user: offer.mxid,
    network,
    text:
      `The account ${shownAccount(who)} of ${adapter.name} sent your code. If it is yours, say here the ` +
      `word that I told it there: confirm WORD. If it is not, say: unlink ${network}`,
  };
  const origin = `link:${network}:${offer.selector}:${event.key}`;
  return { text, lanes: [await queueNote(box, tx, { note, origin })] };
};

/** Compares, and counts what is wrong. A code that somebody sent already is theirs alone. */
const isTheirs = async (
  { box }: Works,
  tx: Repositories,
  { offer, code, who }: { readonly offer: LinkOffer; readonly code: Code; readonly who: Claimant },
): Promise<boolean> => {
  if (!isOpen(offer, box.clock.now())) return false;
  if (isSame(proofOf(box, offer, code.verifier), offer.proof))
    return offer.claim === undefined || offer.claim.account === who.account;
  const tries = offer.tries + 1;
  if (tries < mostTries) await tx.links.putOffer({ ...offer, tries });
  else await tx.links.removeOffer(offer.network, offer.mxid);
  return false;
};

const unlinkHere: Deed = async (works, tx, { live, event, who, tell }) => {
  const { box } = works;
  const { id: network, adapter } = live.settings;
  const link = await tx.links.get(network, who.account);
  const claimed = await tx.links.offersClaimedBy(network, who.account);
  if (!link && claimed.length === 0) return { text: "This account is linked to nobody." };
  for (const offer of claimed) await tx.links.removeOffer(network, offer.mxid);
  if (link) {
    await tx.links.remove(network, who.account);
    tell({ what: "link", network, account: who.account, mxid: link.mxid });
  }
  const people = new Set([...(link ? [link] : []), ...claimed].map(({ mxid }) => mxid));
  const lanes: Lane[] = [];
  for (const user of people) {
    const text =
      `The account ${shownAccount(who)} of ${adapter.name} said there that it is not linked to you ` +
      `${user === link?.mxid ? "any more: you are two again" : "and shall not be: nothing was linked"}.`;
    const origin = `unlink:${network}:${user}:${event.key}`;
    lanes.push(await queueNote(box, tx, { note: { user, network, text }, origin }));
  }
  return { text: `This account is not linked to ${[...people].join(" or ")} any more.`, lanes };
};
