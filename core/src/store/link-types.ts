import type { ChatRef, LoginId, Millis, NetworkId } from "../adapter/index.ts";

/** An account of a network, by which a person wrote to an account of the box. */
export interface Claimant {
  /** As the network knows it for sure: a UserId, or an account where UserIds are names. */
  readonly account: string;
  readonly name: string;
  /** The login of the box that they wrote to, and where it answers them. */
  readonly login: LoginId;
  readonly chat: ChatRef;
}

/** An account of a network that is a Matrix user's, though they are not logged in with it. */
export interface Link extends Claimant {
  readonly network: NetworkId;
  readonly mxid: string;
  readonly since: Millis;
}

/** A code that a Matrix user was given, to be sent from the account that is to be linked. */
export interface LinkOffer {
  readonly network: NetworkId;
  readonly mxid: string;
  /** The part of the code that finds it. */
  readonly selector: string;
  /** A keyed hash of the rest. */
  readonly proof: string;
  /** How often something wrong was said for it. */
  readonly tries: number;
  readonly until: Millis;
  /** Who sent the code; from then on their word is waited for. */
  readonly claim: Claimant | undefined;
}

export interface Links {
  get(network: NetworkId, account: string): Promise<Link | undefined>;
  /** The newest first. */
  of(mxid: string): Promise<readonly Link[]>;
  put(link: Link): Promise<void>;
  remove(network: NetworkId, account: string): Promise<void>;
  offerBy(network: NetworkId, selector: string): Promise<LinkOffer | undefined>;
  offersTo(mxid: string): Promise<readonly LinkOffer[]>;
  /** Those whose code that account has sent. */
  offersClaimedBy(network: NetworkId, account: string): Promise<readonly LinkOffer[]>;
  /** One for each network and person: an older one is void. */
  putOffer(offer: LinkOffer): Promise<void>;
  removeOffer(network: NetworkId, mxid: string): Promise<void>;
  /** Those that ended before, not all at once; returns how many, and 0 when none is left. */
  forgetOffers(before: Millis): Promise<number>;
}
