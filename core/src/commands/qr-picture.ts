import { crc32, deflateSync } from "node:zlib";
import makeCode from "qrcode-generator";

/** A picture, and how wide and high it is, in pixels. */
export interface QrPicture {
  readonly png: Uint8Array<ArrayBuffer>;
  readonly side: number;
}

/** Pixels a module, and modules of white around (ISO/IEC 18004: four). */
const scale = 8;
const quiet = 4;

/** The QR code of a text as a PNG of black and white (w3.org/TR/png-3). */
export const qrPicture = (text: string): QrPicture => {
  const code = makeCode(0, "M");
  code.addData(text);
  code.make();
  const modules = code.getModuleCount();
  const side = (modules + 2 * quiet) * scale;
  const bytes = side / 8;
  const rows: Uint8Array[] = [];
  for (let y = 0; y < modules + 2 * quiet; y += 1) {
    const row = new Uint8Array(1 + bytes).fill(0xff, 1);
    for (let x = 0; x < modules; x += 1) if (isDark(code, y - quiet, x)) row[1 + quiet + x] = 0;
    for (let line = 0; line < scale; line += 1) rows.push(row);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // One bit a pixel, grey, and the only ways there are to compress, filter and not interlace.
  header.set([1, 0, 0, 0, 0], 8);
  const png = Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.concat(rows))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
  return { png: new Uint8Array(png), side };
};

/** A module is a byte wide, because `scale` is 8. */
const isDark = (code: ReturnType<typeof makeCode>, y: number, x: number): boolean =>
  y >= 0 && y < code.getModuleCount() && code.isDark(y, x);

const chunk = (type: string, data: Buffer): Buffer => {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const whole = Buffer.alloc(8 + named.length);
  whole.writeUInt32BE(data.length, 0);
  named.copy(whole, 4);
  whole.writeUInt32BE(crc32(named), 4 + named.length);
  return whole;
};
