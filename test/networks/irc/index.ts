export { fold } from "./names.ts";
export { IrcPerson } from "./person.ts";
export type { PersonOptions, SeenLine } from "./person.ts";
export { selfSigned } from "./self-signed.ts";
export { IrcServer } from "./server.ts";
export type { HeardLine, Violation } from "./server.ts";
export type { Flood, IrcCap, IrcOptions, SaslMechanism, Services } from "./settings.ts";
export { everyCap } from "./settings.ts";
export type { ChannelView, ClientView, SaidView } from "./views.ts";
