/** Where an account lives and the key it was authorised with: a full credential, never logged. */
export interface SessionKey {
  readonly dc: number;
  readonly host: string;
  readonly port: number;
  readonly key: Buffer;
}

/** Telegram's own entry: data centre 2 of core.telegram.org/api/datacenter, where new accounts start. */
export const defaultServer = { dc: 2, host: "149.154.167.50", port: 443 } as const;

const version = "1";
const keyLength = 256;

/** The library's string form (its number is a 16-bit word), so that sessions can be moved both ways. */
export const encodeSession = (session: SessionKey): string => {
  const host = Buffer.from(session.host);
  const head = Buffer.alloc(3);
  head.writeUInt8(session.dc, 0);
  head.writeUInt16BE(host.length, 1);
  const port = Buffer.alloc(2);
  port.writeUInt16BE(session.port, 0);
  return version + Buffer.concat([head, host, port, session.key]).toString("base64");
};

/** Nothing where the text is no session. */
export const decodeSession = (text: string): SessionKey | undefined => {
  if (!text.startsWith(version)) return undefined;
  const bytes = Buffer.from(text.slice(1), "base64");
  if (bytes.length < 5 + keyLength) return undefined;
  const length = bytes.readUInt16BE(1);
  if (bytes.length !== 5 + length + keyLength) return undefined;
  return {
    dc: bytes.readUInt8(0),
    host: bytes.subarray(3, 3 + length).toString(),
    port: bytes.readUInt16BE(3 + length),
    key: bytes.subarray(5 + length),
  };
};
