/** Labels of a client's lines that wait for their one answer (IRCv3 labeled-response). */
export class AnsweredLabels {
  /** In the order asked, which is the order in which a server works. */
  readonly #open = new Set<string>();

  asked(label: string): void {
    this.#open.add(label);
  }

  /** No answer is expected any more. */
  ignored(label: string): void {
    this.#open.delete(label);
  }

  /** One answer has come: what is wrong with it. */
  answered(label: string): readonly string[] {
    if (!this.#open.has(label)) return [`an answer to the label ${label}, which waits for none`];
    const passed: string[] = [];
    for (const one of this.#open) {
      if (one === label) break;
      passed.push(`the label ${one} has no answer`);
      this.#open.delete(one);
    }
    this.#open.delete(label);
    return passed;
  }
}
