import type { Attempt, Found, Order } from "@bridgebox/core/adapter";
import { parseBody } from "./body.ts";
import type { ConnectionContext } from "./context.ts";
import { asOne } from "./crumbs.ts";
import { look } from "./look.ts";

/**
 * Whether an attempt arrived, by the server's history. It did not, for sure, only where that history
 * reaches back to before it; of one that arrived in part the rest is sent when it is sent again.
 */
export async function find(
  context: ConnectionContext,
  order: Order,
  attempt: Attempt,
): Promise<Found> {
  const looked = await look(context, order, attempt);
  if (looked === undefined) return { state: "unknown" };
  const { whole, rows, sure } = looked;
  if (whole !== undefined) return { state: "sent", sent: whole };
  if (rows.length > 0 && rows.length === parseBody(order.draft.body).rows.length) {
    return { state: "sent", sent: asOne(rows) };
  }
  return { state: sure ? "absent" : "unknown" };
}
