const bits = 5;
const loudest = 31;
const most = 100;

/** Telegram packs the loudness of a voice message as numbers of five bits. */
export const waveformOf = (packed: Uint8Array): readonly number[] => {
  const count = Math.min(Math.floor((packed.length * 8) / bits), most);
  return Array.from({ length: count }, (_, index) => {
    const bit = index * bits;
    const low = packed[bit >> 3] ?? 0;
    const high = packed[(bit >> 3) + 1] ?? 0;
    return ((low | (high << 8)) >> (bit & 7)) & loudest;
  });
};

/**
 * The inverse, of numbers of any scale: the loudest of them is the loudest there. More than a hundred
 * are made fewer, each the loudest of its stretch.
 */
export const packWaveform = (waveform: readonly number[]): Buffer => {
  const count = Math.min(waveform.length, most);
  const packed = Buffer.alloc(Math.ceil((count * bits) / 8));
  const peak = loud(waveform) || 1;
  for (let index = 0; index < count; index += 1) {
    const from = Math.floor((index * waveform.length) / count);
    const to = Math.max(from + 1, Math.floor(((index + 1) * waveform.length) / count));
    const value = Math.round((loud(waveform.slice(from, to)) / peak) * loudest);
    const bit = index * bits;
    const spread = value << (bit & 7);
    packed[bit >> 3] = (packed[bit >> 3] ?? 0) | (spread & 255);
    if (spread > 255) packed[(bit >> 3) + 1] = (packed[(bit >> 3) + 1] ?? 0) | (spread >> 8);
  }
  return packed;
};

const loud = (values: readonly number[]): number =>
  values.reduce((top, each) => (Number.isFinite(each) && each > top ? each : top), 0);
