/** One part of a form, as it comes in: its body is to be read to the end before the next part. */
export interface FormPart {
  readonly name: string;
  readonly filename: string | undefined;
  readonly type: string;
  readonly body: AsyncIterable<Buffer>;
}

/** The parts of a multipart/form-data body (RFC 7578), of any size. */
export async function* partsOf(
  chunks: AsyncIterable<Buffer>,
  boundary: string,
): AsyncGenerator<FormPart> {
  const reader = new Reader(chunks);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  await collect(reader.upTo(delimiter));
  for (;;) {
    const head = (await collect(reader.upTo(Buffer.from("\r\n")))).toString("latin1");
    if (head === "--") return;
    if (head !== "") throw new Error(`the form has ${JSON.stringify(head)} after a boundary`);
    const lines = (await collect(reader.upTo(Buffer.from("\r\n\r\n")))).toString("utf8");
    const name = /^content-disposition: form-data; name="([^"]*)"/im.exec(lines)?.[1];
    if (name === undefined) throw new Error(`the form has a part without a name: ${lines}`);
    yield {
      name,
      filename: /; filename="([^"]*)"/i.exec(lines)?.[1],
      type: /^content-type: (.+)$/im.exec(lines)?.[1]?.trim() ?? "text/plain",
      body: reader.upTo(delimiter),
    };
  }
}

export const collect = async (chunks: AsyncIterable<Buffer>): Promise<Buffer> => {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
};

class Reader {
  readonly #chunks: AsyncIterator<Buffer>;
  // The first boundary has no line before it.
  #held: Buffer = Buffer.from("\r\n");

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** What comes before the mark, which is taken too. */
  async *upTo(mark: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#held.indexOf(mark);
      const safe = at === -1 ? this.#held.length - mark.length + 1 : at;
      if (safe > 0) yield this.#held.subarray(0, safe);
      if (at !== -1) {
        this.#held = this.#held.subarray(at + mark.length);
        return;
      }
      this.#held = this.#held.subarray(Math.max(0, safe));
      const next = await this.#chunks.next();
      if (next.done === true) throw new Error("the form breaks off");
      this.#held = Buffer.concat([this.#held, next.value]);
    }
  }
}
