import type { Attempt, Json } from "@bridgebox/core/adapter";

/** What a send has done so far, durable, so that its next attempt need not do it again. */
export interface Crumbs {
  /** The newest message number that was known in the chat before the first attempt. */
  readonly after?: number;
  /** The files that are uploaded, by their place, and how far the one under way has come. */
  readonly files: Readonly<Record<string, Uploaded>>;
}

export interface Uploaded {
  readonly id: string;
  /** bytes */
  readonly part: number;
  readonly parts: number;
  readonly large: boolean;
  readonly whole: boolean;
  readonly md5: string;
}

export const crumbsOf = (notes: Json | null): Crumbs => {
  const stored = fieldsOf(notes);
  const after = stored.get("after");
  const files = [...fieldsOf(stored.get("files") ?? null)].flatMap(([place, value]) => {
    const file = uploadedOf(value);
    return file === undefined ? [] : [[place, file] as const];
  });
  return {
    ...(typeof after === "number" ? { after } : {}),
    files: Object.fromEntries(files),
  };
};

const fieldsOf = (value: Json | null): ReadonlyMap<string, Json> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? new Map(Object.entries(value))
    : new Map();

const uploadedOf = (value: Json): Uploaded | undefined => {
  const fields = fieldsOf(value);
  const [id, part, parts, md5] = ["id", "part", "parts", "md5"].map((key) => fields.get(key));
  if (typeof id !== "string" || typeof parts !== "number" || typeof md5 !== "string") {
    return undefined;
  }
  if (typeof part !== "number") return undefined;
  return {
    id,
    part,
    parts,
    md5,
    large: fields.get("large") === true,
    whole: fields.get("whole") === true,
  };
};

export const noteAfter = (attempt: Attempt, after: number): Promise<void> =>
  attempt.note({ after, files: {} });

/** Notes how far the file at that place has come, beside everything that was noted before. */
export const noteFile = (attempt: Attempt, place: number, file: Uploaded): Promise<void> => {
  const { after, files } = crumbsOf(attempt.notes);
  const others = Object.entries(files).filter(([key]) => key !== String(place));
  const all = [...others, [String(place), file] as const].map(([key, each]) => {
    const { id, part, parts, large, whole, md5 } = each;
    return [key, { id, part, parts, large, whole, md5 }] as const;
  });
  return attempt.note({
    ...(after === undefined ? {} : { after }),
    files: Object.fromEntries(all),
  });
};

/** The uploads are worth nothing any more: Telegram has forgotten their parts. */
export const forgetFiles = (attempt: Attempt): Promise<void> => {
  const { after } = crumbsOf(attempt.notes);
  return attempt.note({ ...(after === undefined ? {} : { after }), files: {} });
};
