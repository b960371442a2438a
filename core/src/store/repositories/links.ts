import type { Selectable } from "kysely";
import type { ChatRef, NetworkId } from "../../adapter/index.ts";
import type { Claimant, Link, LinkOffer, Links } from "../link-types.ts";
import type { Queries } from "../query.ts";
import { query, slotsOf } from "../query.ts";
import type { Tables } from "../tables.ts";
import { limitOfForgotten } from "./forgetting.ts";
import { parsed } from "./json.ts";

type LinkRow = Selectable<Tables["link"]>;
type OfferRow = Selectable<Tables["link_offer"]>;
type Account = { network: NetworkId; account: string };
type Person = { network: NetworkId; mxid: string };

const changing = ["mxid", "name", "login", "chat", "since"] as const;
const offering = ["selector", "proof", "tries", "until", "account", "claim"] as const;

const byAccount = query<Account>()((db, slot) =>
  db
    .selectFrom("link")
    .selectAll()
    .where("network", "=", slot("network"))
    .where("account", "=", slot("account")),
);

const byPerson = query<{ mxid: string }>()((db, slot) =>
  db
    .selectFrom("link")
    .selectAll()
    .where("mxid", "=", slot("mxid"))
    .orderBy("since", "desc")
    .orderBy("network")
    .orderBy("account"),
);

const put = query<LinkRow>()((db, slot) =>
  db
    .insertInto("link")
    .values(slotsOf(slot, ["network", "account", ...changing]))
    .onConflict((conflict) =>
      conflict.columns(["network", "account"]).doUpdateSet(slotsOf(slot, changing)),
    ),
);

const remove = query<Account>()((db, slot) =>
  db
    .deleteFrom("link")
    .where("network", "=", slot("network"))
    .where("account", "=", slot("account")),
);

const bySelector = query<{ network: NetworkId; selector: string }>()((db, slot) =>
  db
    .selectFrom("link_offer")
    .selectAll()
    .where("network", "=", slot("network"))
    .where("selector", "=", slot("selector")),
);

const offersOf = query<{ mxid: string }>()((db, slot) =>
  db
    .selectFrom("link_offer")
    .selectAll()
    .where("mxid", "=", slot("mxid"))
    .orderBy("until", "desc")
    .orderBy("network"),
);

const claimedBy = query<Account>()((db, slot) =>
  db
    .selectFrom("link_offer")
    .selectAll()
    .where("network", "=", slot("network"))
    .where("account", "=", slot("account"))
    .where("account", "is not", null),
);

const putOffer = query<OfferRow>()((db, slot) =>
  db
    .insertInto("link_offer")
    .values(slotsOf(slot, ["network", "mxid", ...offering]))
    .onConflict((conflict) =>
      conflict.columns(["network", "mxid"]).doUpdateSet(slotsOf(slot, offering)),
    ),
);

const removeOffer = query<Person>()((db, slot) =>
  db
    .deleteFrom("link_offer")
    .where("network", "=", slot("network"))
    .where("mxid", "=", slot("mxid")),
);

const forgetOffers = query<{ before: number }>()((db, slot) =>
  db.deleteFrom("link_offer").where(
    (row) => row.refTuple("network", "mxid"),
    "in",
    (old) =>
      old
        .selectFrom("link_offer")
        .select(["network", "mxid"])
        .where("until", "<", slot("before"))
        .orderBy("until")
        .limit(limitOfForgotten)
        .$asTuple("network", "mxid"),
  ),
);

const toLink = ({ chat, ...row }: LinkRow): Link => ({
  ...row,
  chat: parsed(chat) as unknown as ChatRef,
});

const toOffer = ({ network, mxid, selector, proof, tries, until, claim }: OfferRow): LinkOffer => ({
  network,
  mxid,
  selector,
  proof,
  tries,
  until,
  claim: claim === null ? undefined : (parsed(claim) as unknown as Claimant),
});

/** Written by us alone: what is parsed has the form that it was stored in. */
export const links = (queries: Queries): Links => ({
  async get(network, account) {
    const row = await queries.one(byAccount, { network, account });
    return row && toLink(row);
  },
  of: async (mxid) => (await queries.all(byPerson, { mxid })).map(toLink),
  put: async ({ network, account, mxid, name, login, chat, since }) =>
    void (await queries.run(put, {
      network,
      account,
      mxid,
      name,
      login,
      chat: JSON.stringify(chat),
      since,
    })),
  remove: async (network, account) => void (await queries.run(remove, { network, account })),
  async offerBy(network, selector) {
    const row = await queries.one(bySelector, { network, selector });
    return row && toOffer(row);
  },
  offersTo: async (mxid) => (await queries.all(offersOf, { mxid })).map(toOffer),
  offersClaimedBy: async (network, account) =>
    (await queries.all(claimedBy, { network, account })).map(toOffer),
  putOffer: async ({ network, mxid, selector, proof, tries, until, claim }) =>
    void (await queries.run(putOffer, {
      network,
      mxid,
      selector,
      proof,
      tries,
      until,
      account: claim?.account ?? null,
      claim: claim === undefined ? null : JSON.stringify(claim),
    })),
  removeOffer: async (network, mxid) => void (await queries.run(removeOffer, { network, mxid })),
  forgetOffers: (before) => queries.run(forgetOffers, { before }),
});
