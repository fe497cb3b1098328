type Point = readonly [x: number, y: number];

/** A bowed path whose speed rises and falls: the places of a pointer at even steps of time. */
export function handPath(from: Point, to: Point): Point[] {
  return Array.from({ length: 41 }, (_, step) => {
    const s = step / 40;
    const done = 10 * s ** 3 - 15 * s ** 4 + 6 * s ** 5;
    const bow = 30 * Math.sin(Math.PI * done) + 2 * Math.sin(step * 1.7);
    return [from[0] + (to[0] - from[0]) * done, from[1] + (to[1] - from[1]) * done - bow];
  });
}

export interface Keys {
  down(letter: string): Promise<void>;
  up(letter: string): Promise<void>;
  wait(milliseconds: number): Promise<unknown>;
}

/** Keys that are held for a while, at uneven intervals. */
export async function typeLikeHand(text: string, { down, up, wait }: Keys): Promise<void> {
  for (const [at, letter] of [...text].entries()) {
    await down(letter);
    await wait(45 + ((at * 37) % 61));
    await up(letter);
    await wait(20 + ((at * 53) % 97));
  }
}
