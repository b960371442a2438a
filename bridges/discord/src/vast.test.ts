import { test } from "node:test";
import { passVast } from "./testing/pass-vast.ts";

const mebibyte = 1024 * 1024;

test("64 MB pass each way and need no memory to speak of", { timeout: 300_000 }, (t) =>
  passVast(t, { size: 64 * mebibyte, most: 40 * mebibyte }),
);
