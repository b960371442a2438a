import { killedAtEachPlace } from "./killed-at.ts";

for (const network of ["irc", "slack", "telegram", "discord"] as const) killedAtEachPlace(network);
