import { deflateSync, crc32 } from "node:zlib";

/** A picture as somebody could have taken it: stripes whose colours differ each time. */
export interface Picture {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
  /** pixels */
  readonly width: number;
  readonly height: number;
}

const width = 160;
const height = 90;
let made = 0;

/** A PNG (w3.org/TR/png) of three bytes a pixel. */
export const samplePicture = (): Picture => {
  made += 1;
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = y * (1 + width * 3) + 1 + x * 3;
      const stripe = Math.floor((x + y) / 20) % 2 === 0;
      rows[at] = stripe ? 240 : (made * 53) % 200;
      rows[at + 1] = stripe ? 170 : 90;
      rows[at + 2] = stripe ? (made * 97) % 200 : 190;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const bytes = Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
  return { name: `picture-${made}.png`, type: "image/png", bytes, width, height };
};

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([size, body, sum]);
};
