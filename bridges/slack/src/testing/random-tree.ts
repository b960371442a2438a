import type { Block, Inline, RichText } from "@bridgebox/core/adapter";

/** A tree that depends on its seed alone; `words` are among those that stand in it. */
export const randomTree = (seed: number, words: readonly string[] = []): RichText => {
  let state = seed * 2_654_435_761;
  const below = (limit: number): number => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) >>> 0;
    return state % limit;
  };
  const vocabulary = ["alpha", "beta gamma", "ü", "多字", "x_y", "1 < 2", "a & b", "*s*", ...words];
  const word = (): Inline => ({ t: "text", text: vocabulary[below(vocabulary.length)] ?? "" });
  const inline = (depth: number): Inline => {
    const kinds = ["bold", "italic", "strike"] as const;
    const kind = kinds[below(6)];
    if (kind !== undefined && depth > 0) return { t: kind, of: [inline(depth - 1)] };
    if (below(8) === 0) return { t: "code", text: `code${below(9)}` };
    if (below(8) === 0)
      return {
        t: "link",
        url: `https://e.example/${below(9)}`,
        of: [{ t: "text", text: `link${below(9)}` }],
      };
    return word();
  };
  const line = (): readonly Inline[] =>
    Array.from({ length: 1 + below(4) }, () => inline(2)).flatMap(
      (each, index): readonly Inline[] => (index === 0 ? [each] : [{ t: "text", text: " " }, each]),
    );
  const block = (): Block => {
    switch (below(6)) {
      case 0:
        return { t: "quote", of: [{ t: "para", of: line() }] };
      case 1:
        return { t: "pre", text: `let a = ${below(9)};` };
      case 2: {
        const items = Array.from({ length: 1 + below(3) }, () => [
          { t: "para", of: line() } as const,
        ]);
        return { t: "list", ordered: below(2) === 0, items };
      }
      default:
        return { t: "para", of: line() };
    }
  };
  const blocks = Array.from({ length: 1 + below(4) }, block);
  // Two lists beside each other are one to Slack.
  return blocks.filter((each, index) => each.t !== "list" || blocks[index - 1]?.t !== "list");
};
