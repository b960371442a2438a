/** A stream of numbers from 0 to 1 that a printed seed brings back: mulberry32. */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** The seed that `FAULT_SEED` names, or a new one. */
export const seedOf = (env: NodeJS.ProcessEnv): number =>
  Number(env["FAULT_SEED"] ?? Math.floor(Math.random() * 1_000_000));
