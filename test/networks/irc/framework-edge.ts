import { createRequire } from "node:module";

interface FrameworkClient {
  connect(options: object): void;
  join(channel: string): void;
  say(target: string, text: string): void;
  quit(reason?: string): void;
  once(event: string, listener: (event: unknown) => void): void;
}

interface Framework {
  readonly Client: new () => FrameworkClient;
}

/** A message as irc-framework reports it. */
export interface FrameworkMessage {
  readonly nick: string;
  readonly target: string;
  readonly message: string;
}

/** As much of an irc-framework client as the tests of the server use. */
export interface FrameworkUser {
  join(channel: string): void;
  say(target: string, text: string): void;
  quit(): void;
  /** The next PRIVMSG it hears. */
  nextMessage(): Promise<FrameworkMessage>;
}

function isFramework(module: unknown): module is Framework {
  return typeof module === "object" && module !== null && "Client" in module;
}

function field(event: unknown, name: string): string {
  const value: unknown =
    typeof event === "object" && event !== null ? Reflect.get(event, name) : "";
  return String(value);
}

/** Connects the library, which ships no types, and resolves once it is registered. */
export async function connectFramework(options: {
  readonly port: number;
  readonly nick: string;
  readonly account?: { readonly account: string; readonly password: string };
}): Promise<FrameworkUser> {
  const module: unknown = createRequire(import.meta.url)("irc-framework");
  if (!isFramework(module)) throw new Error("irc-framework has no Client.");
  const client = new module.Client();
  const registered = new Promise<void>((resolve, reject) => {
    client.once("registered", () => resolve());
    client.once("close", () => reject(new Error("irc-framework was not let in")));
  });
  client.connect({ host: "127.0.0.1", auto_reconnect: false, ping_interval: 0, ...options });
  await registered;
  return {
    join: (channel) => client.join(channel),
    say: (target, text) => client.say(target, text),
    quit: () => client.quit("done"),
    nextMessage: () =>
      new Promise((resolve) => {
        client.once("privmsg", (event) => {
          const [nick, target] = [field(event, "nick"), field(event, "target")];
          resolve({ nick, target, message: field(event, "message") });
        });
      }),
  };
}
