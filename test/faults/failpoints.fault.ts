import { killedAtEachPlace } from "./killed-at.ts";

for (const network of ["irc", "telegram", "discord"] as const) killedAtEachPlace(network);
