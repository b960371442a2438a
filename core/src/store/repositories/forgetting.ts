import { sql } from "kysely";

/**
 * The most rows that one statement forgets: what a box did not forget for a year would else hold up
 * everything it does, or take longer than the database lets a statement take, each time anew.
 */
export const mostForgotten = 1_000;

/** Written out: a planner that does not know it expects a tenth of the table, and reads it whole. */
export const limitOfForgotten = sql.lit(mostForgotten);
