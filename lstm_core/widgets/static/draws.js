// Random numbers, as lstm_core.draws specifies them: the same ones from the same seed.

const mix = (z) => {
  z = Math.imul(z ^ (z >>> 16), 0x7feb352d);
  z = Math.imul(z ^ (z >>> 15), 0x846ca68b);
  return (z ^ (z >>> 16)) >>> 0;
};

export class Draws {
  constructor(seed) {
    this.key = mix((seed ^ 0x9e3779b9) >>> 0);
    this.drawn = 0;
  }
  word() {
    const word = mix(mix(this.drawn) ^ this.key);
    this.drawn = (this.drawn + 1) >>> 0;
    return word;
  }
  fraction() {
    const a = this.word() >>> 5;
    return (a * 67108864 + (this.word() >>> 6)) / 9007199254740992;
  }
  uniform(low, high) {
    return low + (high - low) * this.fraction();
  }
  integers(low, high) {
    return low + Math.floor((high - low) * this.fraction());
  }
  normal(mean, sd) {
    const far = Math.sqrt(-2 * Math.log(1 - this.fraction()));
    return mean + sd * far * Math.cos(2 * Math.PI * this.fraction());
  }
}

// Weights are drawn from the seed, what is read from the seed + DATA.
export const DATA = 1_000_000;
