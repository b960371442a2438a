import type { Box } from "../engine/index.ts";
import type { JsonObject } from "../matrix/types.ts";
import { qrPicture } from "./qr-picture.ts";

/** Shows a QR code in a room, another one in its place when it has run out, and takes it away. */
export interface ShowsQr {
  /** Returns its event, which the next one takes the place of. */
  show(room: string, link: string, instead: string | undefined): Promise<string>;
  takeAway(room: string, event: string): Promise<void>;
}

/** As pictures; the words beside one are what is in it, for whoever cannot see or scan it. */
export const qrInRooms = ({ homeserver, signal }: Box): ShowsQr => {
  const call = { class: "live", signal } as const;
  return {
    show: async (room, link, instead) => {
      const { png, side } = qrPicture(link);
      const body = ReadableStream.from([png]);
      const mime = "image/png";
      const name = "login.png";
      const url = await homeserver.media.post({ body, size: png.length, mime, name }, call);
      const info = { mimetype: mime, size: png.length, w: side, h: side };
      const picture = { msgtype: "m.image", body: link, filename: name, url, info };
      const content = instead === undefined ? picture : inPlaceOf(instead, picture);
      const txn = crypto.randomUUID();
      const event = await homeserver.send({ room, type: "m.room.message", content, txn }, call);
      return instead ?? event;
    },
    takeAway: async (room, event) => {
      const reason = "this code is used or has run out";
      await homeserver.redact({ room, event, txn: crypto.randomUUID(), reason }, call);
    },
  };
};

/** Spec: Client-Server API, "Event replacements". */
const inPlaceOf = (event: string, content: JsonObject): JsonObject => ({
  ...content,
  "m.new_content": content,
  "m.relates_to": { rel_type: "m.replace", event_id: event },
});
