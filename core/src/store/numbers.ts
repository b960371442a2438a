/** A portal's number in the store: stable, never reused. */
export type PortalId = number & { readonly portal: unique symbol };
/** An item's number: also the order in which items of one lane and rank are done. */
export type ItemId = number & { readonly item: unique symbol };
