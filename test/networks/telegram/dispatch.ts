import type { Account } from "./model.ts";
import type { Answer } from "./mtproto/server.ts";
import type { Session } from "./mtproto/session.ts";
import { administerMethods } from "./rpc/administer.ts";
import { authMethods } from "./rpc/auth.ts";
import { arrangeMethods } from "./rpc/arrange.ts";
import { chatMethods } from "./rpc/chats.ts";
import { fileMethods } from "./rpc/files.ts";
import { helpMethods } from "./rpc/help.ts";
import { historyMethods } from "./rpc/history.ts";
import { mediaMethods } from "./rpc/media.ts";
import type { Method, Network } from "./rpc/method.ts";
import { ownMethods } from "./rpc/own.ts";
import { pollMethods } from "./rpc/polls.ts";
import { presenceMethods } from "./rpc/presence.ts";
import { reactionMethods } from "./rpc/reactions.ts";
import { sendMethods } from "./rpc/send.ts";
import { tokenMethods } from "./rpc/tokens.ts";
import { topicMethods } from "./rpc/topics.ts";
import { updateMethods } from "./rpc/updates.ts";
import { userMethods } from "./rpc/users.ts";
import { RpcError, type Reply, type TlObject } from "./tl.ts";

const METHODS: ReadonlyMap<string, Method> = new Map(
  [
    ...helpMethods,
    ...authMethods,
    ...tokenMethods,
    ...fileMethods,
    ...mediaMethods,
    ...reactionMethods,
    ...ownMethods,
    ...presenceMethods,
    ...pollMethods,
    ...arrangeMethods,
    ...topicMethods,
    ...userMethods,
    ...chatMethods,
    ...administerMethods,
    ...historyMethods,
    ...sendMethods,
    ...updateMethods,
  ].map((method) => [method.name, method]),
);

/** One request as a test sees it; `error` is what the network answered instead of a result. */
export interface CallRecord {
  readonly name: string;
  readonly request: TlObject;
  readonly user?: Account;
  error?: string;
}

/** Who watches the requests go by. */
export interface CallLog {
  called(record: CallRecord): void;
  unhandled(name: string): void;
  done(record: CallRecord): void;
}

/** What is kept of a request: not the bytes of files. */
function remembered(request: TlObject): TlObject {
  const { className } = request;
  return className.startsWith("upload.Save")
    ? { className, getBytes: () => Buffer.alloc(0) }
    : request;
}

/** Answers requests: the ordered faults first, then the method itself. */
export function createDispatch(
  network: Network,
  log: CallLog,
): (request: TlObject, session: Session) => Promise<Answer> {
  const run = (request: TlObject, session: Session): Reply => {
    const method = METHODS.get(request.className);
    if (!method) {
      log.unhandled(request.className);
      throw new RpcError(400, "INPUT_METHOD_INVALID");
    }
    return method.run(request, { ...network, session, login: network.logins.of(session.key) });
  };
  return async (request, session) => {
    const { account } = network.logins.of(session.key);
    const record: CallRecord = {
      name: request.className,
      request: remembered(request),
      ...(account ? { user: account } : {}),
    };
    log.called(record);
    try {
      const fault = network.faults.take(record.name, record.user);
      if (fault?.kind === "fail") throw fault.error;
      if (fault?.kind === "hang") await fault.released;
      const reply = run(request, session);
      if (fault?.kind === "late") await fault.released;
      return fault?.kind === "swallow" ? "cut" : { reply };
    } catch (error) {
      record.error = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      log.done(record);
    }
  };
}
