import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RawWindow } from './raw-window.ts';
import { sessionDataOf, type WindowFacts } from './session-data.ts';

const nothing: RawWindow = {
  from: 1_000,
  to: 31_000,
  moves: [],
  presses: [],
  strokes: [],
  typed: [],
  scrolls: [],
  times: [],
};

const facts: WindowFacts = {
  sid: 'aaaaaaaaaaaaaaaaaaaaaa',
  seq: 0,
  upMs: 31_000.4,
  hidMs: 0,
  counts: {
    move: 0,
    down: 0,
    up: 0,
    keyDown: 0,
    keyUp: 0,
    input: 0,
    paste: 0,
    wheel: 0,
    scroll: 0,
    touch: 0,
  },
  webdriver: false,
  untrusted: 0,
  pointers: { mouse: 0, pen: 0, touch: 0 },
  pixelRatio: 2,
};

const newer = Object.fromEntries(
  [
    ...['strSd', 'strLo', 'lenStr', 'vcvLo', 'vcvHi', 'tpkLo', 'vBegLo', 'turnHi', 'top', 'slow', 'slowHi'],
    ...['plRest', 'angSd', 'side', 'overSd', 'tSp', 'tSpSd', 'tSkHi', 'q1Sd', 'rip', 'ripSh', 'cubLo', 'qui'],
    ...['quiLo', 'fitHi', 'fitSm', 'fitts2', 'axis'],
  ].map((name) => [name, null]),
);

test('an empty window', () => {
  expect(sessionDataOf(nothing, facts)).toEqual({
    v: 1,
    sid: 'aaaaaaaaaaaaaaaaaaaaaa',
    seq: 0,
    winMs: 30_000,
    upMs: 31_000,
    ttfaMs: null,
    hidMs: 0,
    counts: facts.counts,
    mouse: {
      n: 0,
      str: null,
      strIqr: null,
      dev: null,
      vcv: null,
      tpk: null,
      tpkIqr: null,
      sub: null,
      ldj: null,
      ldjIqr: null,
      turn: null,
      turnSd: null,
      flip: null,
      pl: null,
      fitts: null,
      vBeg: null,
      vEnd: null,
      vSd: null,
      durSd: null,
      ...newer,
      eq: null,
    },
    click: {
      n: 0,
      press: null,
      pressSd: null,
      pressMin: null,
      ctr: null,
      off: null,
      nOff: 0,
      tele: null,
      dwell: null,
      aid: 0,
      gap: null,
      emu: null,
    },
    key: {
      n: 0,
      hold: null,
      holdP10: null,
      holdNear: null,
      ddNear: null,
      dd: null,
      ddLsd: null,
      relay: null,
      roll: null,
      inNoKey: null,
      nIn: 0,
      paste: 0,
    },
    scroll: { n: 0, uniq: null, dtCv: null },
    glob: { idleN: 1, idleMed: 30_000, act: 0 },
    env: { wd: 0, untrusted: 0, coal: null, pt: { mouse: 0, pen: 0, touch: 0 }, dpr: 2, rate: null },
  });
});

test('activity: pauses over 800 ms, the edges of the window included', () => {
  const times = Array.from({ length: 100 }, (_, at) => 6_000 + at * 100);
  const { glob } = sessionDataOf({ ...nothing, times }, facts);
  expect(glob).toEqual({ idleN: 2, idleMed: 10_050, act: 0.33 });
});

test('scrolling: how many of the steps differ', () => {
  const scrolls = [0, 100, 200, 250].map((y, at) => ({ t: at * 50, y }));
  expect(sessionDataOf({ ...nothing, scrolls }, facts).scroll).toEqual({ n: 4, uniq: 0.6667, dtCv: 0 });
});

test('every number is finite, rounded and inside its bounds, of any raw material', () => {
  const time = fc.double({ min: 0, max: 40_000, noNaN: true });
  const place = fc.double({ min: -1e7, max: 1e7, noNaN: true });
  const ordered = <T extends { t: number }>(entries: T[]) => entries.sort((a, b) => a.t - b.t);
  const raw = fc.record({
    from: fc.constant(0),
    to: time,
    moves: fc.array(fc.record({ t: time, x: place, y: place }), { maxLength: 80 }).map(ordered),
    presses: fc
      .array(fc.record({ t: time, x: place, y: place, kind: fc.constantFrom('mouse', 'touch'), held: time }))
      .map(ordered),
    strokes: fc.array(fc.record({ down: time, up: time })),
    typed: fc.array(fc.record({ t: time, keyed: fc.boolean() })),
    scrolls: fc.array(fc.record({ t: time, y: place })),
    times: fc.array(time),
    focuses: fc.array(fc.record({ t: time, of: fc.constantFrom('field', 'window') })),
  });
  fc.assert(
    fc.property(raw as fc.Arbitrary<RawWindow>, (window) => {
      const data = sessionDataOf(window, {
        ...facts,
        untrusted: 1e9,
        hidMs: 1e9,
        awayMs: 1e9,
        pixelRatio: Number.NaN,
      });
      expect(data.env).toMatchObject({ untrusted: 20_000, dpr: 1 });
      expect(data.hidMs).toBeLessThanOrEqual(data.winMs);
      expect(data.focus!.awayMs).toBeLessThanOrEqual(data.winMs);
      for (const share of [data.mouse.str, data.click.tele, data.key.roll, data.glob.act, data.focus!.free])
        expect(share === null || (share >= 0 && share <= 1)).toBe(true);
      expect(JSON.stringify(data).length).toBeLessThan(1_536);
    }),
  );
});
