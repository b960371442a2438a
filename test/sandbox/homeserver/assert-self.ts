import { forbidden } from "./errors.ts";
import type { UserCall } from "./router.ts";

/** Throws M_FORBIDDEN unless the user in the path is who asks. */
export function assertSelf(call: UserCall): void {
  if (call.params["user"] !== call.requester.userId) {
    throw forbidden("Cannot do this for another user");
  }
}
