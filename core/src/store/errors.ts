/** There was no room to write: nothing of that commit is stored; it can be asked again. */
export class StoreFull extends Error {
  constructor(cause: unknown) {
    super(
      "Nothing was stored – the disk that holds the store is full – make room on it; the box goes on by itself.",
      { cause },
    );
    this.name = "StoreFull";
  }
}

/** The store cannot be used as it is, or a commit could not be written; nothing of it is stored. */
export class StoreBroken extends Error {
  constructor(sentence: string, cause?: unknown) {
    super(sentence, { cause });
    this.name = "StoreBroken";
  }
}

/** The item is not queued any more (done, cancelled or replaced), so nothing can take its place. */
export class ItemGone extends Error {
  constructor(id: number) {
    super(
      `Item ${id} was not expanded – it is not queued any more – go on with the next one of its lane.`,
    );
    this.name = "ItemGone";
  }
}
