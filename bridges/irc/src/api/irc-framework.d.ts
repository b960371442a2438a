/** irc-framework 4.14 ships no types: what this adapter uses of it, as its source has it. */
declare module "irc-framework" {
  export interface IrcMessage {
    readonly tags: Readonly<Record<string, string>>;
    readonly prefix: string;
    readonly nick: string;
    readonly ident: string;
    readonly hostname: string;
    readonly command: string;
    readonly params: readonly string[];
  }

  export interface ClientOptions {
    readonly host: string;
    readonly port: number;
    readonly nick: string;
    readonly username: string;
    readonly gecos: string;
    readonly password?: string;
    /** An empty object keeps the library from using the server password for SASL. */
    readonly account: Readonly<Record<string, never>>;
    /** Read when the server grants `sasl`; PLAIN if there is none. */
    sasl_mechanism?: string | undefined;
    readonly transport: new () => object;
    readonly auto_reconnect: false;
    readonly ping_interval: 0;
    readonly ping_timeout: 0;
    readonly enable_echomessage: boolean;
    readonly enable_chghost: boolean;
    readonly enable_setname: boolean;
  }

  export class Client {
    readonly network: {
      readonly options: Readonly<Record<string, unknown>>;
      readonly cap: {
        readonly enabled: readonly string[];
        readonly available: ReadonlyMap<string, string>;
      };
    };
    requestCap(names: readonly string[]): void;
    connect(options: ClientOptions): void;
    on(
      event: "sasl failed",
      listener: (event: {
        readonly reason:
          | "fail"
          | "nick_locked"
          | "too_long"
          | "unsupported_mechanism"
          | "capability_missing";
      }) => void,
    ): this;
  }

  export const ircLineParser: (line: string) => IrcMessage;
}
