/** The words in which dialects differ; a migration is plain SQL around them. */
export interface Words {
  /** A number the store gives, never twice. */
  readonly serial: string;
  /** A whole number of 64 bits. */
  readonly int: string;
  /** A moment or duration in milliseconds, possibly with a fraction. */
  readonly millis: string;
  /** Ends a table that is looked up by its primary key only: no second copy of the key. */
  readonly compact: string;
}

/** One numbered step of the schema. Never changed once released: a new step follows instead. */
export interface Migration {
  readonly version: number;
  readonly statements: (words: Words) => readonly string[];
}
