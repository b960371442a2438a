import { test } from "node:test";
import { passVast } from "../../bridges/discord/src/testing/pass-vast.ts";

const mebibyte = 1024 * 1024;

test("200 MB to Discord and from it need no memory to speak of", { timeout: 450_000 }, (t) =>
  passVast(t, { size: 200 * mebibyte, most: 50 * mebibyte }),
);
