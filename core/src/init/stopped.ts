/** 1 wrong use, 11 the config would be wrong, 12 not written, 130 interrupted. */
export type StopCode = 1 | 11 | 12 | 130;

/** Ends the command before anything was written; the sentence is for the person. */
export class Stopped extends Error {
  readonly code: StopCode;

  constructor(code: StopCode, sentence: string) {
    super(sentence);
    this.name = "Stopped";
    this.code = code;
  }
}
