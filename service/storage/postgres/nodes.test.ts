import { describe, expect, test } from 'vitest';
import { createWatch } from './nodes.ts';

const STILL = 10_000;
const BEAT = 2_000;

describe('the watch of a node over the others', () => {
  let now = 0;
  const begin = () => createWatch(STILL, () => now);
  const row = (beats: number, alive = true) => ({ token: 'b', beats: String(beats), alive });
  const codes = ({ silent, ended }: ReturnType<ReturnType<typeof createWatch>>) => ({
    silent: silent.length,
    ended: ended.length,
  });

  test('finds one silent that wrote no heartbeat for so long as this one looked', () => {
    const watch = begin();
    for (let looks = 0; looks < 5; looks++, now += BEAT)
      expect(codes(watch([row(1)]))).toEqual({ silent: 0, ended: 0 });
    expect(codes(watch([row(1)]))).toEqual({ silent: 1, ended: 0 });
  });

  test('counts no time in which this one did not look: it slept, or the server was not there', () => {
    const watch = begin();
    watch([row(1)]);
    now += 60_000;
    expect(codes(watch([row(1)]))).toEqual({ silent: 0, ended: 0 });
    now += BEAT;
    expect(codes(watch([row(2)]))).toEqual({ silent: 0, ended: 0 });
  });

  test('finds one whose session ended since it was seen, also with heartbeats in between', () => {
    const endsIn = (one: ReturnType<typeof begin>, beats: number) => {
      for (let looks = 1; looks < 5; looks++) {
        now += BEAT;
        if (one([row(beats, false)]).ended.length > 0) return looks;
      }
      return undefined;
    };
    const watch = begin();
    watch([row(1)]);
    expect(endsIn(watch, 1)).toBe(2);
    const again = begin();
    again([row(1, false)]);
    expect(endsIn(again, 2)).toBe(2);
  });

  test('gives one whose session ended until the next look to join again, and begins anew when it did', () => {
    const watch = begin();
    watch([row(1)]);
    for (const beats of [1, 2]) {
      now += BEAT;
      expect(codes(watch([row(beats, false)]))).toEqual({ silent: 0, ended: 0 });
      now += BEAT;
      expect(codes(watch([row(beats + 1)]))).toEqual({ silent: 0, ended: 0 });
    }
  });

  test('waits for one whose session it has not seen: it was at another server, and may be on its way', () => {
    const watch = begin();
    watch([row(1, false)]);
    now += BEAT;
    expect(codes(watch([row(1, false)]))).toEqual({ silent: 0, ended: 0 });
    for (let looks = 0; looks < 4; looks++, now += BEAT) watch([row(1, false)]);
    expect(codes(watch([row(1, false)]))).toEqual({ silent: 1, ended: 0 });
  });
});
