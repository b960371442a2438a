/** One claim of a registration: names that match belong to the appservice. */
export type Namespace = { readonly regex: string; readonly exclusive: boolean };

/** The parsed content of a registration.yaml, as homeservers read it. */
export type Registration = {
  readonly id: string;
  readonly url: string | null;
  readonly as_token: string;
  readonly hs_token: string;
  readonly sender_localpart: string;
  readonly namespaces: {
    readonly users?: readonly Namespace[] | undefined;
    readonly aliases?: readonly Namespace[] | undefined;
    readonly rooms?: readonly Namespace[] | undefined;
  };
  readonly receive_ephemeral?: boolean | undefined;
  readonly "de.sorunome.msc2409.push_ephemeral"?: boolean | undefined;
  readonly [more: string]: unknown;
};

/** What kind of name a namespace claims. */
export type NamespaceKind = "users" | "aliases" | "rooms";

/** One registered appservice and the answers its registration gives. */
export class Appservice {
  readonly registration: Registration;
  readonly botId: string;
  readonly #namespaces: Readonly<
    Record<NamespaceKind, readonly { regex: RegExp; exclusive: boolean }[]>
  >;
  readonly #interest = new Map<string, boolean>();

  constructor(registration: Registration, serverName: string) {
    this.registration = registration;
    this.botId = `@${registration.sender_localpart}:${serverName}`;
    const compile = (kind: NamespaceKind): { regex: RegExp; exclusive: boolean }[] =>
      (registration.namespaces[kind] ?? []).map(({ regex, exclusive }) => ({
        regex: new RegExp(`^(?:${regex})`),
        exclusive,
      }));
    this.#namespaces = {
      users: compile("users"),
      aliases: compile("aliases"),
      rooms: compile("rooms"),
    };
  }

  get id(): string {
    return this.registration.id;
  }

  /** Whether a name is in a namespace. A match from the start is enough, as Synapse does it. */
  claims(kind: NamespaceKind, name: string): boolean {
    return this.#namespaces[kind].some(({ regex }) => regex.test(name));
  }

  /** Whether the first namespace that matches a name keeps all others out. */
  claimsAlone(kind: NamespaceKind, name: string): boolean {
    return this.#namespaces[kind].find(({ regex }) => regex.test(name))?.exclusive ?? false;
  }

  /** The bot, or a user in the namespace. Remembered: it is asked for every event. */
  isInterestedIn(userId: string): boolean {
    const known = this.#interest.get(userId);
    if (known !== undefined) return known;
    const interested = userId === this.botId || this.claims("users", userId);
    this.#interest.set(userId, interested);
    return interested;
  }

  /** The body keys under which it wants typing, receipts and presence. */
  ephemeralKeys(): string[] {
    const keys: string[] = [];
    if (this.registration.receive_ephemeral) keys.push("ephemeral");
    if (this.registration["de.sorunome.msc2409.push_ephemeral"]) {
      keys.push("de.sorunome.msc2409.ephemeral");
    }
    return keys;
  }
}

/** All registered appservices of a server. */
export class Appservices {
  readonly #byToken = new Map<string, Appservice>();

  /** Registers one; a registration with the same id takes the place of the older one. */
  add(appservice: Appservice): void {
    for (const [token, known] of this.#byToken) {
      if (known.id === appservice.id) this.#byToken.delete(token);
    }
    this.#byToken.set(appservice.registration.as_token, appservice);
  }

  all(): Iterable<Appservice> {
    return this.#byToken.values();
  }

  byToken(token: string): Appservice | undefined {
    return this.#byToken.get(token);
  }

  /** Who keeps others from using a name. */
  exclusiveOwner(kind: NamespaceKind, name: string): Appservice | undefined {
    for (const appservice of this.#byToken.values()) {
      const isBot = kind === "users" && appservice.botId === name;
      if (isBot || appservice.claimsAlone(kind, name)) return appservice;
    }
    return undefined;
  }
}
