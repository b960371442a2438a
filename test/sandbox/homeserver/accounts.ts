import { randomBytes } from "node:crypto";
import { Appservice, type Appservices } from "./appservices.ts";
import { ApiError, badRequest, forbidden, unknownToken } from "./errors.ts";

/** Who makes a request: the user it acts as, and the appservice that speaks for him if one does. */
export type Requester = {
  readonly userId: string;
  readonly deviceId: string | undefined;
  readonly appservice: Appservice | undefined;
  /** Names the device or appservice a transaction id belongs to. */
  readonly owner: string;
};

type Account = { readonly password: string | undefined; readonly devices: Set<string> };

/** Users, their passwords, devices and access tokens. Everything is in memory. */
export class Accounts {
  readonly #serverName: string;
  readonly #appservices: Appservices;
  readonly #accounts = new Map<string, Account>();
  readonly #tokens = new Map<string, Requester>();

  constructor(serverName: string, appservices: Appservices) {
    this.#serverName = serverName;
    this.#appservices = appservices;
  }

  userId(localpart: string): string {
    return `@${localpart}:${this.#serverName}`;
  }

  isLocal(userId: string): boolean {
    return userId.startsWith("@") && userId.endsWith(`:${this.#serverName}`);
  }

  exists(userId: string): boolean {
    return this.#accounts.has(userId);
  }

  /** Makes an account; M_USER_IN_USE when there is one. What a ghost is called is its appservice's affair. */
  create(localpart: string, password?: string): string {
    return this.#open(this.userId(localpart), password);
  }

  /** An account of another server, which calls that one. */
  createAbroad(localpart: string, serverName: string, password: string): string {
    return this.#open(`@${localpart}:${serverName}`, password);
  }

  #open(userId: string, password: string | undefined): string {
    if (this.#accounts.has(userId)) {
      throw badRequest("M_USER_IN_USE", "User ID already taken.");
    }
    this.#accounts.set(userId, { password, devices: new Set() });
    return userId;
  }

  /** A device with a fresh access token. */
  openDevice(userId: string, wanted?: string): { access_token: string; device_id: string } {
    const deviceId = wanted ?? randomBytes(5).toString("hex").toUpperCase();
    const token = `syt_${randomBytes(18).toString("base64url")}`;
    this.addDevice(userId, deviceId);
    this.#tokens.set(token, {
      userId,
      deviceId,
      appservice: undefined,
      owner: `${userId}|${deviceId}`,
    });
    return { access_token: token, device_id: deviceId };
  }

  /** A device without a token, as an appservice makes it (MSC4190). True when it is new. */
  addDevice(userId: string, deviceId: string): boolean {
    const devices = this.#accounts.get(userId)?.devices ?? new Set<string>();
    if (devices.has(deviceId)) return false;
    devices.add(deviceId);
    return true;
  }

  /** Forgets an access token, as logging out does. */
  closeDevice(token: string): void {
    this.#tokens.delete(token);
  }

  /** Throws M_FORBIDDEN unless the password is the account's. */
  checkPassword(userId: string, password: string): void {
    const known = this.#accounts.get(userId)?.password;
    if (known === undefined || known !== password) throw forbidden("Invalid username or password");
  }

  /** Who a request is from, with `user_id` and `device_id` of an appservice obeyed as Synapse does. */
  authenticate(token: string | undefined, query: URLSearchParams): Requester {
    if (!token) {
      throw new ApiError(401, { errcode: "M_MISSING_TOKEN", error: "Missing access token" });
    }
    const known = this.#tokens.get(token);
    if (known) return known;
    const appservice = this.#appservices.byToken(token);
    if (!appservice) {
      throw unknownToken();
    }
    return this.#masquerade(appservice, query);
  }

  #masquerade(appservice: Appservice, query: URLSearchParams): Requester {
    const userId = query.get("user_id") ?? appservice.botId;
    const deviceId =
      query.get("device_id") ?? query.get("org.matrix.msc3202.device_id") ?? undefined;
    if (!appservice.isInterestedIn(userId)) {
      throw forbidden(`Application service cannot masquerade as this user (${userId}).`);
    }
    if (userId !== appservice.botId && !this.#accounts.has(userId)) {
      throw forbidden(`Application service has not registered this user (${userId})`);
    }
    if (deviceId !== undefined && !this.#accounts.get(userId)?.devices.has(deviceId)) {
      const error = `Application service trying to use a device that doesn't exist ('${deviceId}' for ${userId})`;
      throw badRequest("M_UNKNOWN_DEVICE", error);
    }
    return { userId, deviceId, appservice, owner: `appservice|${appservice.id}` };
  }
}
