import { killedAtEachPlace } from "./killed-at.ts";

/** One network that keeps nothing and one that does in `npm test`; all of them in `npm run faults`. */
const networks =
  process.env["FAULTS"] === "bounded"
    ? (["irc", "telegram"] as const)
    : (["irc", "slack", "telegram", "discord"] as const);

for (const network of networks) killedAtEachPlace(network);
