import type { Finding } from "../adapter/index.ts";

/** One line of the report. `check` is its name, the same in every run. */
export interface Checked {
  readonly check: string;
  readonly state: Finding["state"];
  readonly says: string;
  /** What to do, where something is to be done. */
  readonly fix?: string;
}

export const ok = (check: string, says: string): Checked => ({ check, state: "ok", says });

export const skipped = (check: string, says: string): Checked => ({
  check,
  state: "skipped",
  says,
});

export const warning = (check: string, says: string, fix: string): Checked => ({
  check,
  state: "warning",
  says,
  fix,
});

export const failed = (check: string, says: string, fix: string): Checked => ({
  check,
  state: "failed",
  says,
  fix,
});

/** The lines for what cannot be looked at before something else is right. */
export const allSkipped = (checks: readonly string[], because: string): readonly Checked[] =>
  checks.map((check) => skipped(check, because));
