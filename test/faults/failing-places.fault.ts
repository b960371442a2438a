import { noRoomForACommit } from "./no-room-for-a-commit.ts";

for (const network of ["irc", "telegram"] as const) noRoomForACommit(network);
