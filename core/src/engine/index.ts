/** The engine: lanes, gates, ensures, and what goes each way. */
export { bindRoom, openByAlias, resolveChat } from "./bind.ts";
export type * from "./box.ts";
export type { BoundRoom } from "./configured.ts";
export { openDirectChat, searchPeople } from "./direct.ts";
export { createEngine } from "./engine.ts";
export type { Engine, EngineParts } from "./engine.ts";
export { startLogin } from "./login-process.ts";
export type { LoginProcess, Step } from "./login-process.ts";
export { openMatrix } from "./media/session-media.ts";
export { afterPrefix } from "./route.ts";
export { outPayload } from "./sent-row.ts";
export type { Handler, Settlement, Turn } from "./turn.ts";
export { say } from "./to-matrix/send.ts";
export { queueVacate } from "./vacate.ts";
export type { Works } from "./works.ts";
