import type { Account } from "../model.ts";
import type { World } from "../world.ts";
import { Api, long, now } from "../tl.ts";
import type { Feed } from "../updates.ts";
import { userMethod, type Method } from "./method.ts";

/** Seconds for which somebody is there who has just said so. */
const lasting = 300;

/** Somebody is there until then, or not; whoever knows them is told (core.telegram.org/constructor/updateUserStatus). */
export const appear = (
  { feed, world }: { readonly feed: Feed; readonly world: World },
  by: Account,
  until?: number,
): void => {
  by.onlineUntil = until ?? 0;
  const status =
    until === undefined
      ? new Api.UserStatusOffline({ wasOnline: now() })
      : new Api.UserStatusOnline({ expires: until });
  const update = new Api.UpdateUserStatus({ userId: long(by.id), status });
  for (const one of world.acquaintances(by))
    if (one !== by && !one.bot) feed.tell(one, update, [by]);
};

/** core.telegram.org/method/account.updateStatus */
export const presenceMethods: readonly Method[] = [
  userMethod(Api.account.UpdateStatus, ({ offline }, me, call) => {
    appear(call, me, offline ? undefined : now() + lasting);
    return true;
  }),
];
