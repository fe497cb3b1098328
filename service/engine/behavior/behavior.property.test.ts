import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyWindow, personWindow, type WindowChanges } from '../../../test/support/behavior-windows.ts';
import { contradictions } from './consistency.ts';
import {
  BehaviorModel,
  beat,
  type HeartbeatState,
  judgeBehavior,
  SessionData,
  vectorFingerprint,
} from './index.ts';
import { mouseFeatures } from './model/behavior-model.ts';
import { behaviorRules } from './rules.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const known = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 8 });
const real = (min: number, max: number) => known(fc.double({ min, max, noNaN: true }));
const count = (max = 20_000) =>
  fc.oneof(fc.integer({ min: 0, max: Math.min(40, max) }), fc.integer({ min: 0, max }));
const time = (max: number) => fc.double({ min: 0, max, noNaN: true });

/** Any vector that the schema admits. */
const anyWindow: fc.Arbitrary<SessionData> = fc.record({
  v: fc.constant(1 as const),
  sid: fc.constantFrom('sid-of-any-window-0', 'sid-of-any-window-1'),
  seq: count(1_000_000),
  winMs: fc.oneof(fc.constant(30_000), time(60_000)),
  upMs: time(86_400_000),
  ttfaMs: real(0, 86_400_000),
  hidMs: time(60_000),
  counts: fc.record({
    ...{ move: count(), down: count(), up: count(), keyDown: count(), keyUp: count(), input: count() },
    ...{ paste: count(), wheel: count(), scroll: count(), touch: count() },
  }),
  mouse: fc.record({
    ...{ n: count(500), str: known(share), strIqr: known(share), dev: real(0, 5), vcv: real(0, 10) },
    ...{
      tpk: known(share),
      tpkIqr: known(share),
      sub: real(0, 60),
      ldj: real(-20, 40),
      ldjIqr: real(-20, 40),
    },
    ...{
      turn: real(0, 3.15),
      turnSd: real(0, 3.15),
      flip: known(share),
      pl: real(-1, 1),
      fitts: real(-1, 1),
    },
    ...{ vBeg: known(share), vEnd: known(share), vSd: real(0, 5), durSd: real(0, 5), eq: known(share) },
  }),
  click: fc.record({
    ...{ n: count(500), press: real(0, 10_000), pressSd: real(0, 10_000), pressMin: real(0, 10_000) },
    ...{
      ctr: known(share),
      off: real(0, 0.71),
      nOff: count(500),
      tele: known(share),
      dwell: real(0, 60_000),
    },
  }),
  key: fc.record({
    ...{ n: count(5_000), hold: real(0, 5_000), holdP10: real(0, 5_000), holdNear: known(share) },
    ...{ ddNear: known(share), dd: real(0, 5_000), ddLsd: real(0, 5), roll: known(share) },
    ...{ inNoKey: known(share), nIn: count(), paste: count() },
  }),
  scroll: fc.record({ n: count(), uniq: known(share), dtCv: real(0, 20) }),
  glob: fc.record({ idleN: count(500), idleMed: real(0, 60_000), act: share }),
  env: fc.record({
    wd: fc.constantFrom(0 as const, 0 as const, 1 as const),
    untrusted: count(),
    coal: real(0, 500),
    pt: fc.record({ mouse: count(), pen: count(), touch: count() }),
    dpr: fc.double({ min: 0.25, max: 10, noNaN: true }),
    rate: real(0, 60_000),
  }),
});

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const anyModel: fc.Arbitrary<BehaviorModel> = fc
  .record({
    bias: finite,
    z0: finite,
    thinZeros: fc.array(finite, { minLength: 7, maxLength: 7 }),
    even: fc.double({ min: 0, max: 100, noNaN: true }),
    slope: fc.double({ min: 1e-6, max: 100, noNaN: true }),
    medians: fc.array(finite, { minLength: mouseFeatures.length, maxLength: mouseFeatures.length }),
    stumps: fc.array(
      fc.tuple(fc.integer({ min: 0, max: mouseFeatures.length - 1 }), finite, finite, finite),
      {
        minLength: 1,
        maxLength: 40,
      },
    ),
  })
  .map((weights) =>
    BehaviorModel.parse({
      ...{ format: 1, id: 'any-model', features: [...mouseFeatures], ...weights },
      trained: { at: '2026-11-21', on: [], humanWindows: 0, people: 0, botWindows: 0, generators: [] },
    }),
  );

/** Where a window is judged: with and without weights, replayed, declared. */
const anyContext = fc.record(
  {
    model: anyModel,
    z0: finite,
    replayed: fc.boolean(),
    outOfOrder: fc.boolean(),
    declared: fc.record({ name: fc.string() }),
  },
  { requiredKeys: [] },
);

const ruleNames = new Set(behaviorRules.map(({ name }) => name));

test('no vector, however hostile, makes a judgement throw or leave its ranges', () => {
  fc.assert(
    fc.property(anyWindow, anyContext, (data, context) => {
      const judged = judgeBehavior(SessionData.parse(data), context);
      const { confidence, score, human, agent, evidence, logOdds, parts, notes } = judged;
      expect(confidence).toBeGreaterThanOrEqual(0.01);
      expect(confidence).toBeLessThanOrEqual(0.99);
      expect(score).toBe(Math.round(100 * confidence));
      expect(human).toBe(confidence >= 0.5);
      expect(evidence).toBeGreaterThanOrEqual(0);
      expect(evidence).toBeLessThanOrEqual(2.8);
      expect(Number.isFinite(logOdds)).toBe(true);
      expect(Math.abs(parts.mouse?.logOdds ?? 0)).toBeLessThanOrEqual(3);
      expect(new Set(notes).size).toBe(notes.length);
      if (agent === undefined) return;
      expect(agent.agent_confidence).toBeGreaterThanOrEqual(0);
      expect(agent.agent_confidence).toBeLessThanOrEqual(1);
      expect(agent.is_agent).toBe(agent.agent_confidence >= 0.5);
      if (agent.is_agent) expect(human).toBe(false);
      expect(agent.signals.filter((one) => !one.startsWith('agent:') && !ruleNames.has(one))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('no JSON makes the schema, the checks or the fingerprint throw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(personWindow())), (json, part) => {
      for (const value of [json, { ...personWindow(), [part]: json }]) {
        const read = SessionData.safeParse(value);
        if (!read.success) continue;
        contradictions(read.data);
        vectorFingerprint(read.data);
        judgeBehavior(read.data);
      }
    }),
    { numRuns: 500 },
  );
});

/** What cannot be of a person, added to any window. */
const impossible: ((data: SessionData) => WindowChanges)[] = [
  ({ env }) => ({ env: { ...env, wd: 1 } }),
  ({ upMs, counts }) => ({ winMs: 60_000, upMs: Math.min(upMs, 1_000), counts: { ...counts } }),
  ({ mouse, click, counts }) => ({ click: { ...click, n: 500 }, counts: { ...counts, down: 3 }, mouse }),
  ({ key, counts }) => ({ key: { ...key, n: 5_000 }, counts: { ...counts, keyDown: 10 } }),
  ({ key }) => ({ key: { ...key, n: Math.max(8, key.n), hold: 5, holdP10: 4 } }),
  ({ mouse }) => ({ mouse: { ...mouse, n: Math.max(3, mouse.n), eq: 1 } }),
  ({ env }) => ({ env: { ...env, untrusted: 20_000 } }),
  ({ click }) => ({ click: { ...click, n: Math.max(3, click.n), nOff: 3, ctr: 1 } }),
];

test('impossible evidence, a replay or a declaration never raises a score', () => {
  fc.assert(
    fc.property(
      fc.oneof(anyWindow, fc.constantFrom(personWindow(), emptyWindow())),
      anyContext,
      fc.constantFrom(...impossible),
      (data, context, add) => {
        const before = judgeBehavior(data, context);
        const after = judgeBehavior({ ...data, ...add(data) } as SessionData, context);
        expect(after.confidence).toBeLessThanOrEqual(before.confidence);
        const worse = { ...context, replayed: true };
        expect(judgeBehavior(data, worse).confidence).toBeLessThanOrEqual(before.confidence);
        const outOfOrder = judgeBehavior(data, { ...context, outOfOrder: true });
        expect(outOfOrder.confidence).toBeLessThanOrEqual(before.confidence);
        const declared = judgeBehavior(data, { ...context, declared: { name: 'ExampleBot' } });
        expect(declared.confidence).toBeLessThanOrEqual(before.confidence);
      },
    ),
    { numRuns: 500 },
  );
});

test('a session of any windows keeps its figures in range and its state small', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.option(anyWindow, { nil: undefined }), anyContext), { maxLength: 20 }),
      fc.integer({ min: 0, max: 100 }),
      (windows, baseline) => {
        let state: HeartbeatState | undefined;
        for (const [data, context] of windows) {
          const judgement = judgeBehavior(data, context);
          const seen = beat(state, judgement, baseline);
          state = seen.state;
          if (judgement.hardRule) expect(seen.action).toBe('block');
          expect(seen.score).toBeGreaterThanOrEqual(0);
          expect(seen.score).toBeLessThanOrEqual(100);
          expect(seen.delta).toBe(seen.score - baseline);
          expect(seen.anomaly).toBe(seen.delta < -28 || seen.score < 30);
          expect(seen.action).toBe(seen.score < 30 ? 'block' : seen.anomaly ? 'flag' : 'allow');
          expect(JSON.stringify(state).length).toBeLessThan(600);
        }
      },
    ),
  );
});
