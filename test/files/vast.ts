import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { peakOf } from "./peak.ts";

export const mebibyte = 1024 * 1024;
/** What a file of 200 MB may cost in memory besides what the box has at rest, in bytes. */
const most = 50 * mebibyte;
/** How long one file may take on a slow machine, in milliseconds. */
export const patience = 200_000;

/** A world in which files of such a size are let through. */
export const vast = {
  maxUploadBytes: 300 * mebibyte,
  config: { limits: { media: 300 } },
} as const;

/** Passes 200 MB through the box, and holds the most of its memory meanwhile to the bound. */
export const assertSlim = async (
  t: TestContext,
  pid: number | undefined,
  { way, pass }: { readonly way: string; readonly pass: (size: number) => Promise<void> },
): Promise<void> => {
  peakOf(pid);
  const rest = peakOf(pid);
  await pass(200 * mebibyte);
  const more = peakOf(pid) - rest;
  t.diagnostic(`${way}: ${Math.round(more / mebibyte)} MiB more than before`);
  assert.ok(more < most, `${way}: ${more / mebibyte} MiB`);
};
