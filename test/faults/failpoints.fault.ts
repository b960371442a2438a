import { killedAtEachPlace } from "./killed-at.ts";

for (const network of ["irc", "telegram"] as const) killedAtEachPlace(network);
