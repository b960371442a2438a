/** Parts of a file after which the library's copies of them are let go of. */
const every = 8;
/** What is smaller may lie in a block with others; bytes. */
const ownBlock = 65_536;

/**
 * The library copies each part about ten times outside of V8's heap, and V8 lets 64 MiB of that lie there
 * before it looks. A look at what is young takes it a millisecond or two. It needs `--expose-gc`, with
 * which the box is started (nodejs.org/api/globals.html, `gc`); without it nothing is done.
 */
export class Tidy {
  #parts = 0;

  passed(): void {
    this.#parts = (this.#parts + 1) % every;
    if (this.#parts === 0) globalThis.gc?.({ type: "minor" });
  }
}

/**
 * Frees a large buffer that nobody reads any more. What is on its way while V8 looks is taken for old, and
 * that is looked at only after 64 MiB, too.
 */
export const letGo = ({ buffer, byteLength }: Uint8Array): void => {
  if (byteLength >= ownBlock && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength)
    buffer.transfer(0);
};
