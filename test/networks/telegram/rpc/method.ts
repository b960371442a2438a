import type { Faults } from "../faults.ts";
import type { Login, Logins } from "../logins.ts";
import type { Files } from "../media/files.ts";
import type { Account } from "../model.ts";
import type { Session } from "../mtproto/session.ts";
import { RpcError, type Reply, type TlObject } from "../tl.ts";
import type { Feed } from "../updates.ts";
import type { World } from "../world.ts";

/** What the methods work on. */
export interface Network {
  readonly world: World;
  readonly feed: Feed;
  readonly logins: Logins;
  readonly faults: Faults;
  readonly files: Files;
  readonly dcId: number;
  readonly sliceSize: number;
  readonly shortUpdates: boolean;
  /** The data centres with their ports on loopback. */
  readonly centres: () => ReadonlyMap<number, number>;
  /** Seconds for which a login token is good. */
  readonly tokenLifetime: () => number;
  readonly codeSent: (phone: string) => void;
}

/** One request with where it came from. */
export interface Call extends Network {
  readonly session: Session;
  readonly login: Login;
}

/** One method the network implements, under its TL name. */
export interface Method {
  readonly name: string;
  run(request: TlObject, call: Call): Reply;
}

interface RequestType<Q> {
  readonly className: string;
  new (...args: never[]): Q;
}

/** A method that anybody may call, signed in or not. */
export function publicMethod<Q>(
  type: RequestType<Q>,
  answer: (request: Q, call: Call) => Reply,
): Method {
  return {
    name: type.className,
    run(request, call) {
      if (request instanceof type) return answer(request, call);
      throw new RpcError(400, "INPUT_METHOD_INVALID");
    },
  };
}

/** A method for whoever is signed in. */
export function method<Q>(
  type: RequestType<Q>,
  answer: (request: Q, me: Account, call: Call) => Reply,
): Method {
  return publicMethod(type, (request, call) => {
    const { account, pending } = call.login;
    if (account) return answer(request, account, call);
    throw new RpcError(401, pending ? "SESSION_PASSWORD_NEEDED" : "AUTH_KEY_UNREGISTERED");
  });
}

/** A method for people: bots get BOT_METHOD_INVALID. */
export function userMethod<Q>(
  type: RequestType<Q>,
  answer: (request: Q, me: Account, call: Call) => Reply,
): Method {
  return method(type, (request, me, call) => {
    if (me.bot) throw new RpcError(400, "BOT_METHOD_INVALID");
    return answer(request, me, call);
  });
}
