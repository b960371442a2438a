import { readFileSync } from "node:fs";
import { asBody } from "./client.ts";

const manifest = new URL("../../package.json", import.meta.url);

/** What Node is told where an admin starts the box: the words between `node` and the program. */
export const flagsIn = (line: string): readonly string[] => {
  const [, flags = ""] = /node"?,?((?:[ ,"]*--[\w-]+)*)[ ,"]*\S*bridgebox\.js/.exec(line) ?? [];
  return flags.match(/--[\w-]+/g) ?? [];
};

/** As `npm start` does it. */
export const startFlags = (): readonly string[] => {
  const { start } = asBody(asBody(JSON.parse(readFileSync(manifest, "utf8")))["scripts"]);
  return flagsIn(String(start));
};
