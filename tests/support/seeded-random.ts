import type { Random } from '../../lib/runtime/random.ts';

/**
 * Numbers in [0, 1) that a seed determines (sfc32). Every part of the world draws from a stream of its own, named by
 * `stream`, so that one part drawing more does not change what the others see.
 */
export function seededRandom(seed: number, stream = ''): Random {
  let [a, b, c, counter] = [seed | 0, fingerprint(stream), 0x9e3779b9 | 0, 1];
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let warmUp = 0; warmUp < 12; warmUp += 1) next();
  return next;
}

/** FNV-1a. */
function fingerprint(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash;
}

/** Exponentially distributed with the given mean: the gaps of a Poisson process. */
export const exponential = (random: Random, mean: number): number => -mean * Math.log(1 - random());

/** A skewed duration of the given median: nine in ten lie between half of it and twice of it. */
export const aroundMedian = (random: Random, median: number): number =>
  median * 2 ** ((random() + random() + random() - 1.5) * 1.3);

/** One of the items. */
export function pick<T>(random: Random, items: readonly [T, ...T[]]): T {
  return items[Math.floor(random() * items.length)] ?? items[0];
}
