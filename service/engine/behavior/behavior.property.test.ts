import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { emptyWindow, personWindow, type WindowChanges } from '../../../test/support/behavior-windows.ts';
import { beat, type HeartbeatState } from './heartbeat.ts';
import { judgeBehavior } from './judge.ts';
import { BehaviorModel, mouseFeatures } from './model/behavior-model.ts';
import { vectorFingerprint } from './page-progress.ts';
import { behaviorRules, contradictionNames, contradictions, firedRules } from './rules.ts';
import { SessionData } from './session-data.ts';

type Schema = z.core.JSONSchema.BaseSchema;

/** Anything that a part of the schema admits; its ends more often than chance brings them. */
function anyOf({ const: only, enum: some, anyOf: either, type, ...rest }: Schema): fc.Arbitrary<unknown> {
  if (only !== undefined) return fc.constant(only);
  if (some !== undefined) return fc.constantFrom(...some);
  if (either !== undefined)
    return fc.oneof(
      ...(either as Schema[]).map((one) => ({ weight: one.type === 'null' ? 1 : 8, arbitrary: anyOf(one) })),
    );
  const { minimum: min = 0, maximum: max = 0 } = rest;
  if (type === 'integer')
    return fc.oneof(
      fc.integer({ min, max: Math.min(40, max) }),
      fc.integer({ min, max }),
      fc.constantFrom(min, max),
    );
  if (type === 'number')
    return fc.oneof(
      { weight: 8, arbitrary: fc.double({ min, max, noNaN: true }) },
      { weight: 1, arbitrary: fc.constantFrom(min, max) },
    );
  if (type === 'string') return fc.constantFrom('sid-of-any-window-0', 'sid-of-any-window-1');
  if (type === 'null') return fc.constant(null);
  if (type !== 'object') throw new Error(`No arbitrary of ${String(type)}`);
  const names = Object.entries(rest.properties as Record<string, Schema>);
  const whole = fc.record(Object.fromEntries(names.map(([name, part]) => [name, anyOf(part)])));
  const optional = names.map(([name]) => name).filter((name) => !rest.required?.includes(name));
  if (optional.length === 0) return whole;
  // An older script leaves figures out; most send all of them.
  return fc.oneof(
    { weight: 4, arbitrary: whole },
    {
      weight: 1,
      arbitrary: fc
        .tuple(whole, fc.subarray(optional, { minLength: 1 }))
        .map(([all, out]) => Object.fromEntries(Object.entries(all).filter(([name]) => !out.includes(name)))),
    },
  );
}

const { $defs } = z.toJSONSchema(SessionData, { io: 'input' });

/** Any vector that the schema admits; half of them half a minute long. */
const anyWindow = fc
  .tuple(anyOf($defs!.HumaSessionData as Schema) as fc.Arbitrary<SessionData>, fc.boolean())
  .map(([data, usual]): SessionData => (usual ? { ...data, winMs: 30_000 } : data));

const clamped = (least: number, most: number, value: number): number =>
  Math.max(least, Math.min(most, value));
/** A share of so many, at least as large. */
const shareOf = (share: number | null | undefined, many: number): number | null =>
  many < 1 ? null : Math.ceil((share ?? 0) * many - 1e-9) / many;

/** Figures of movements of which one is never above the other: quantiles and medians, means and greatest of one kind. */
const rising = [
  ...[['strLo', 'str'] as const, ['vcvLo', 'vcv', 'vcvHi'] as const, ['tpkLo', 'tpk'] as const],
  ...[['vBegLo', 'vBeg'] as const, ['turn', 'turnHi'] as const, ['turn', 'top'] as const],
  ...[['slow', 'slowHi'] as const, ['quiLo', 'qui'] as const],
];
/** Of a share no standard deviation is above a half. */
const spreadsOfShares = ['strSd', 'tSpSd', 'q1Sd'] as const;

function coherentMouse(mouse: SessionData['mouse'], n: number): SessionData['mouse'] {
  const usual = personWindow().mouse as Record<string, number>;
  const figures = Object.fromEntries(
    Object.entries(mouse).map(([name, value]) => {
      if (name === 'n') return [name, n];
      if (n === 0) return [name, null];
      return [name, n === 1 && /Sd$|Iqr$|^fit(ts|Sm)|^lenStr$/.test(name) ? 0 : (value ?? usual[name]!)];
    }),
  ) as SessionData['mouse'];
  if (n === 0) return figures;
  for (const name of spreadsOfShares) if (figures[name] != null) figures[name] /= 2;
  for (const names of rising) {
    let least = Number.NEGATIVE_INFINITY;
    for (const name of names) {
      if (figures[name] == null) continue;
      figures[name] = Math.max(least, figures[name]);
      least = figures[name];
    }
  }
  const { tpk, durSd, fitts2 } = figures;
  return {
    ...figures,
    tpk: Math.max(0.001, tpk!),
    ...(fitts2 != null && { fitts2: Math.min(fitts2, durSd!) }),
  };
}

function coherentClick(
  { press, pressMin, pressSd, ctr, off, tele, dwell, ...click }: SessionData['click'],
  { n, ofMouse, winMs }: { n: number; ofMouse: number; winMs: number },
): SessionData['click'] {
  const nOff = Math.min(n, click.nOff);
  const held = Math.min(press ?? 90, winMs / Math.max(1, n));
  const timed = ofMouse > 0 && n > 0;
  const centred = shareOf(ctr, nOff);
  return {
    ...click,
    n,
    nOff,
    press: timed ? held : null,
    pressMin: timed ? Math.min(pressMin ?? 80, held) : null,
    pressSd: timed ? (n === 1 ? 0 : Math.min(pressSd ?? 14, held)) : null,
    ctr: centred,
    off: centred === null ? null : centred > 0.5 ? 0.01 : Math.max(0.021, off ?? 0.2),
    tele: timed ? shareOf(tele, n) : null,
    dwell: timed ? Math.min(dwell ?? 200, winMs / n) : null,
  };
}

function coherentKey(
  key: SessionData['key'],
  { n, nIn, keyDown, paste, winMs }: Record<'n' | 'nIn' | 'keyDown' | 'paste' | 'winMs', number>,
): SessionData['key'] {
  const hold = Math.min(key.hold ?? 94, winMs / Math.max(1, n));
  // A browser with a coarse clock gives no times at all.
  const timed = n > 0 && [key.hold, key.ddNear, key.relay ?? null].some((one) => one !== null);
  const between = timed && n > 1;
  const dd = Math.min(key.dd ?? 170, winMs / Math.max(1, n - 1));
  /** Half of the times lie between 0 and their median. */
  const nearTo = (middle: number, share: number | null, within: number) =>
    middle < within ? Math.max(0.5, share ?? 0) : share;
  return {
    n,
    nIn,
    paste,
    inNoKey: nIn === 0 ? null : keyDown === 0 ? 1 : shareOf(key.inNoKey, nIn),
    hold: timed ? hold : null,
    holdP10: timed ? Math.min(key.holdP10 ?? 70, hold) : null,
    holdNear: timed ? shareOf(nearTo(hold, key.holdNear, 4), n) : null,
    dd: between ? dd : null,
    ddNear: between ? shareOf(nearTo(dd, key.ddNear, 6), n - 1) : null,
    ddLsd: between ? (n === 2 ? 0 : (key.ddLsd ?? 0.5)) : null,
    roll: between ? shareOf(key.roll, n - 1) : null,
    ...(key.relay !== undefined && { relay: between ? shareOf(key.relay, n - 1) : null }),
  };
}

/** What is nearest to a vector and could be of one window: counts, kinds of pointers and lengths follow from its figures. */
function coherent(data: SessionData): SessionData {
  const { counts, env, glob, scroll, focus } = data;
  const mouseN = Math.min(data.mouse.n, 300);
  const [keyN, typed] = [Math.min(data.key.n, 300), Math.min(data.key.nIn, counts.input, 300)];
  const clickN = Math.min(data.click.n, 100);
  const winMs = clamped(0, 60_000, Math.max(data.winMs, 180 * mouseN, 60 * keyN, 60 * typed, 200 * clickN));
  const many = (count: number) => Math.min(count, Math.floor(winMs / 16));
  const keyDown = Math.max(many(counts.keyDown), keyN);
  const move = Math.max(many(counts.move), 4 * mouseN);
  const down = Math.max(many(counts.down), clickN);
  const input = Math.max(many(counts.input), typed);
  const [wheel, scrolls] = [many(counts.wheel), many(counts.scroll)];
  const paste = Math.min(many(counts.paste), input - typed);
  const { pen, touch } = env.pt;
  const mouseToo = env.pt.mouse > 0 || mouseN > 0 || pen + touch === 0;
  // Some of the presses, and of the moves that no movement of the mouse needs, are of the other kinds.
  const other = (all: number, wanted: number) =>
    wanted === 0 ? 0 : mouseToo ? Math.floor(all / 3) : Math.floor(all / (pen > 0 && touch > 0 ? 2 : 1));
  const [penDowns, touchDowns] = [other(down, pen), other(down, touch)];
  const [penMoves, touchMoves] = [other(move - 4 * mouseN, pen), other(move - 4 * mouseN, touch)];
  const pt = {
    mouse: move - penMoves - touchMoves + 2 * (down - penDowns - touchDowns),
    pen: penMoves + 2 * penDowns,
    touch: touchMoves + 2 * touchDowns,
  };
  const events = move + 2 * down + 2 * keyDown + input + wheel + scrolls;
  const { act, idleN, idleMed } = coherentPauses(glob, winMs, events, 80 * mouseN);
  const activeMs = act * winMs;
  const [upMs, awayMs] = [Math.max(data.upMs, winMs), Math.min(focus?.awayMs ?? 0, winMs)];
  const focusN = many(focus?.n ?? 0);
  const steps = Math.min(scroll.n, scrolls);
  return {
    ...data,
    winMs,
    upMs,
    hidMs: Math.min(data.hidMs, winMs),
    ttfaMs: events === 0 ? null : Math.min(data.ttfaMs ?? 0, upMs),
    counts: {
      move,
      down,
      up: down,
      keyDown,
      keyUp: keyDown,
      input,
      paste,
      wheel,
      scroll: scrolls,
      touch: touchDowns,
    },
    mouse: coherentMouse(data.mouse, mouseN),
    click: coherentClick(data.click, {
      n: clickN,
      ofMouse: down - penDowns - touchDowns,
      winMs,
    }),
    key: coherentKey(data.key, {
      n: keyN,
      nIn: typed,
      keyDown,
      paste: Math.min(data.key.paste, paste),
      winMs,
    }),
    scroll: {
      n: steps,
      uniq: shareOf(Math.max(scroll.uniq ?? 0, 1e-6), steps),
      dtCv: steps < 3 ? null : (scroll.dtCv ?? 1),
    },
    glob: { act, idleN, idleMed },
    ...(focus && {
      focus: { n: focusN, free: shareOf(focus.free, focusN), win: many(focus.win), awayMs },
    }),
    env: {
      ...env,
      pt,
      untrusted: Math.min(env.untrusted, move + 2 * down + 2 * keyDown),
      coal: move === 0 ? null : (env.coal ?? 0),
      rate: move < 2 ? null : Math.min(env.rate ?? 8, activeMs / (move - 1)),
    },
  };
}

/** Pauses take what activity leaves, movements (`moved`, ms) at least, and no gap between two events that is none of them is above 800 ms. */
function coherentPauses(
  { act, idleN }: SessionData['glob'],
  winMs: number,
  events: number,
  moved: number,
): SessionData['glob'] {
  const most = Math.min(500, events + 1, Math.floor((winMs - moved) / 801));
  const least = winMs > 800 * (events + 1) ? 1 : 0;
  const n = clamped(Math.min(least, most), most, idleN);
  if (n === 0) return { idleN: 0, idleMed: null, act: 1 };
  const idle = clamped(Math.max(801 * n, winMs - 800 * (events + 1 - n)), winMs - moved, (1 - act) * winMs);
  return { idleN: n, idleMed: idle / n, act: 1 - idle / winMs };
}

/**
 * Figures as people have them, where any figure at all is one of a program: so that what no hard rule stops is judged too. Some presses
 * are of an instant, which is a soft fact.
 */
const calm = (data: SessionData): SessionData => {
  const { mouse, click, key, env } = data;
  const part = (share: number | null | undefined, of: number) => (share == null ? null : share * of);
  const press = click.press ?? 0;
  return {
    ...data,
    mouse: { ...mouse, eq: part(mouse.eq, 0.7) },
    click: {
      ...click,
      ctr: part(click.ctr, 0.3),
      tele: part(click.tele, 0.3),
      press: press < 2_000 ? 2 : press / 20,
    },
    key: {
      ...key,
      ddNear: part(key.ddNear, 0.2),
      inNoKey: part(key.inNoKey, 0.2),
      hold: 40 + (key.hold ?? 0) / 20,
      dd: 90 + (key.dd ?? 0) / 20,
      ddLsd: 0.3 + (key.ddLsd ?? 0) / 10,
      ...(key.relay !== undefined && { relay: part(key.relay, 0.3) }),
    },
    env: {
      ...env,
      wd: 0,
      untrusted: 0,
      pt: click.n % 2 === 0 ? { ...env.pt, pen: 0, touch: 0 } : env.pt,
    },
  };
};

/** Any vector that could be of one window; of half of them no rule says that a program made it. */
const coherentWindow = fc
  .tuple(anyWindow, fc.boolean())
  .map(([data, quiet]) => coherent(quiet ? calm(data) : data));
/** Half of them coherent: only these reach what is behind the contradictions. */
const anyJudged = fc.oneof(anyWindow, coherentWindow);

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const anyModel: fc.Arbitrary<BehaviorModel> = fc
  .record({
    bias: finite,
    z0: finite,
    thinZeros: fc.array(finite, { minLength: 7, maxLength: 7 }),
    even: fc.double({ min: 0, max: 100, noNaN: true }),
    slope: fc.double({ min: 1e-6, max: 100, noNaN: true }),
    full: fc.option(
      fc.record({
        slope: fc.double({ min: 1e-6, max: 100, noNaN: true }),
        even: fc.double({ min: 0, max: 100, noNaN: true }),
      }),
      { nil: undefined },
    ),
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
      format: 1,
      id: 'any-model',
      features: [...mouseFeatures],
      ...weights,
      trained: { at: '2026-11-21', on: [], humanWindows: 0, people: 0, botWindows: 0, generators: [] },
    }),
  );

/** Where a window is judged: with and without weights; a quarter replayed or declared, which is a hard fact by itself. */
const anyContext = fc
  .record({
    weights: fc.option(fc.record({ model: anyModel }), { freq: 2, nil: {} }),
    more: fc.oneof(
      { weight: 6, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: fc.constant({ replayed: true }) },
      { weight: 1, arbitrary: fc.record({ declared: fc.record({ name: fc.string() }) }) },
    ),
  })
  .map(({ weights, more }) => ({ ...weights, ...more }));

const ruleNames = new Set(behaviorRules.map(({ name }) => name));

test('the windows of these tests have every figure of the schema, and some lack the newer ones', () => {
  const seen = fc.sample(anyWindow, 200);
  const complete = seen.filter(({ mouse }) => mouseFeatures.every((name) => mouse[name] !== undefined));
  expect(complete.length).toBeGreaterThan(100);
  expect(complete.length).toBeLessThan(200);
  const named = new Set(seen.flatMap((data) => [...Object.keys(data.mouse), ...Object.keys(data.key)]));
  expect([...mouseFeatures, 'relay'].filter((name) => !named.has(name))).toEqual([]);
});

test('a coherent window has no contradiction, and there are such of every kind', () => {
  const seen = fc.sample(coherentWindow, 2_000);
  expect(seen.filter((data) => !SessionData.safeParse(data).success)).toEqual([]);
  const sound = seen.filter((data) => contradictions(data).length === 0);
  expect(sound.length).toBeGreaterThan(1_900);
  const many = (holds: (data: SessionData) => boolean): number => sound.filter(holds).length;
  expect(many(({ mouse }) => mouse.n >= 8)).toBeGreaterThan(200);
  expect(many(({ key }) => key.n >= 15)).toBeGreaterThan(200);
  expect(many(({ env: { pt } }) => pt.mouse > 0 && pt.pen > 0)).toBeGreaterThan(200);
  expect(many(({ winMs }) => winMs <= 3_000)).toBeGreaterThan(20);
  const free = sound.filter((data) => !firedRules(data, {}).some(({ hard }) => hard));
  expect(free.length).toBeGreaterThan(600);
  expect(free.filter(({ env: { pt } }) => pt.mouse === 0).length).toBeGreaterThan(10);
  expect(free.filter(({ winMs }) => winMs > 3_000).length).toBeGreaterThan(500);
});

test('no vector, however hostile, makes a judgement throw or leave its ranges', () => {
  fc.assert(
    fc.property(anyJudged, anyContext, (data, context) => {
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
      if (judged.hardRule) expect(agent.is_agent).toBe(true);
      if (agent.is_agent && !judged.hardRule) expect(human).toBe(false);
      expect(agent.signals.filter((one) => !one.startsWith('agent:') && !ruleNames.has(one))).toEqual([]);
    }),
    { numRuns: 1_000 },
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

type Change = (data: SessionData) => WindowChanges;
const noFocus = { n: 0, free: null, win: 0, awayMs: 0 };
const changed = (data: SessionData, changes: WindowChanges): SessionData =>
  Object.fromEntries(
    Object.entries(changes.focus ? { focus: noFocus, ...data } : data).map(([name, value]) => {
      const change = changes[name as keyof SessionData];
      if (change === undefined) return [name, value];
      return [
        name,
        typeof value === 'object' && value !== null ? { ...value, ...(change as object) } : change,
      ];
    }),
  ) as SessionData;

/** What no window can have, added to any window; no event is taken away. */
const impossible: Record<string, Change> = {
  window_longer_than_page: () => ({ winMs: 60_000, upMs: 1_000 }),
  hidden_longer_than_window: () => ({ winMs: 10_000, hidMs: 20_000 }),
  first_event_after_now: () => ({ ttfaMs: 80_000_000, upMs: 1_000 }),
  events_without_time: () => ({ winMs: 1_000, counts: { move: 20_000 } }),
  clicks_without_presses: () => ({ click: { n: 500 }, counts: { down: 3 } }),
  places_without_clicks: () => ({ click: { n: 3, nOff: 500 } }),
  pointers_without_events: () => ({ env: { pt: { mouse: 20_000, pen: 20_000, touch: 20_000 } } }),
  touches_without_presses: ({ counts }) => ({
    counts: { down: Math.min(counts.down, 19_999), touch: 20_000 },
  }),
  keys_without_releases: ({ key, counts }) => ({
    key: { n: Math.max(10, key.n) },
    counts: { keyUp: Math.min(counts.keyUp, 5) },
  }),
  keys_without_time: () => ({ winMs: 20_000, key: { n: 5_000 } }),
  holds_without_time: () => ({ winMs: 30_000, key: { n: 900, hold: 400, roll: 0 } }),
  figures_far_from_median: () => ({ key: { n: 300, dd: 1, ddNear: 0 } }),
  spread_beyond_shares: () => ({ mouse: { strSd: 0.9 } }),
  rest_beyond_spread: () => ({ mouse: { durSd: 0.1, fitts2: 2 } }),
  keys_without_presses: () => ({ key: { n: 5_000 }, counts: { keyDown: 10 } }),
  inputs_without_input: ({ counts }) => ({
    key: { nIn: 20_000 },
    counts: { input: Math.min(counts.input, 19_999) },
  }),
  movements_without_moves: () => ({ mouse: { n: 500 }, counts: { move: 10 } }),
  movements_without_time: () => ({ winMs: 1_000, mouse: { n: 500 } }),
  pauses_without_time: () => ({ winMs: 1_000, glob: { idleN: 500 } }),
  activity_in_pauses: () => ({ winMs: 30_000, glob: { idleN: 10, idleMed: 2_500, act: 1 } }),
  rate_without_time: () => ({ counts: { move: 20_000 }, env: { rate: 60_000 } }),
  peak_at_start: ({ mouse }) => ({ mouse: { n: Math.max(8, mouse.n), tpk: 0 } }),
  figures_of_nothing: () => ({ mouse: { n: 0, str: 0.5 } }),
  figures_missing: ({ mouse }) => ({ mouse: { n: Math.max(3, mouse.n), str: null } }),
  away_longer_than_window: () => ({ winMs: 10_000, hidMs: 0, focus: { awayMs: 20_000 } }),
  focus_without_time: () => ({ winMs: 1_000, focus: { n: 20_000 } }),
  focus_figures_of_nothing: () => ({ focus: { n: 0, free: 0.5 } }),
  focus_figures_missing: () => ({ focus: { n: 3, free: null } }),
  quantiles_cross: () => ({ key: { holdP10: 4_000, hold: 10 } }),
  clicks_longer_than_page: () => ({ upMs: 100, click: { press: 9_000 } }),
  typing_longer_than_window: () => ({ key: { n: 5_000, dd: 5_000 } }),
};

test('each contradiction has its case here', () => {
  expect(Object.keys(impossible).sort()).toEqual([...contradictionNames].sort());
});

const anyStart = fc.oneof(
  { weight: 2, arbitrary: anyWindow },
  { weight: 3, arbitrary: coherentWindow },
  { weight: 1, arbitrary: fc.constantFrom(personWindow(), emptyWindow()) },
);

test.each(contradictionNames)('%s, added to any window, never raises a score', (name) => {
  fc.assert(
    fc.property(anyStart, anyContext, (data, context) => {
      const after = changed(data, impossible[name]!(data));
      expect(contradictions(after)).toContain(name);
      const [was, is] = [data, after].map((one) => judgeBehavior(one, context));
      expect(is!.confidence).toBeLessThanOrEqual(was!.confidence);
      expect(is!.human).toBe(false);
    }),
  );
});

test('a replay or a declaration never raises a score', () => {
  fc.assert(
    fc.property(anyStart, anyContext, (data, context) => {
      const before = judgeBehavior(data, context).confidence;
      for (const more of [{ replayed: true }, { declared: { name: 'ExampleBot' } }])
        expect(judgeBehavior(data, { ...context, ...more }).confidence).toBeLessThanOrEqual(before);
    }),
    { numRuns: 300 },
  );
});

const ofMouse = { env: { pt: { mouse: 12, pen: 0, touch: 0 }, rate: 8 }, counts: { touch: 0 } };

/** A window in which a rule could fire, and the one figure with which it does. */
const facts: Record<string, { ready: Change; fire: Change }> = {
  webdriver: { ready: () => ({ env: { wd: 0 } }), fire: () => ({ env: { wd: 1 } }) },
  bot_typing: {
    ready: ({ key }) => ({ key: { n: Math.max(8, key.n), hold: 90, holdP10: 5, dd: 120, ddLsd: 0.5 } }),
    fire: () => ({ key: { hold: 10 } }),
  },
  metronome_typing: {
    ready: ({ key }) => ({ key: { n: Math.max(15, key.n), ddNear: 0.1, ddLsd: 0.5 } }),
    fire: () => ({ key: { ddNear: 1 } }),
  },
  relay_typing: {
    ready: ({ key }) => ({ key: { n: Math.max(10, key.n), hold: 90, holdP10: 30, relay: 0 } }),
    fire: () => ({ key: { relay: 0.8 } }),
  },
  constant_velocity: {
    ready: ({ mouse }) => ({ mouse: { n: Math.max(3, mouse.n), eq: 0 } }),
    fire: () => ({ mouse: { eq: 1 } }),
  },
  machine_pace: {
    ready: () => ({ ...ofMouse, click: { n: 12, nOff: 12, ctr: 1, gap: 3_000 } }),
    fire: () => ({ click: { gap: 300 } }),
  },
  emulated_view: {
    ready: () => ({ ...ofMouse, click: { n: 12, nOff: 12, ctr: 1, gap: 3_000, emu: 0 } }),
    fire: () => ({ click: { emu: 1 } }),
  },
  centre_clicks: {
    ready: () => ({ ...ofMouse, click: { n: 12, nOff: 12, ctr: 0, gap: 3_000 } }),
    fire: () => ({ click: { ctr: 1 } }),
  },
  untrusted_events: {
    ready: ({ counts, winMs }) => ({
      winMs: Math.max(1_000, winMs),
      env: { untrusted: 0 },
      counts: { move: Math.min(counts.move, 7_000), down: 9, up: 9, keyDown: 9, keyUp: 9 },
    }),
    fire: () => ({ env: { untrusted: 20_000 } }),
  },
  input_without_keys: {
    ready: () => ({
      ...ofMouse,
      key: { nIn: 4, inNoKey: 0 },
      counts: { input: 9, keyDown: 9, keyUp: 9, touch: 0 },
    }),
    fire: () => ({ key: { inNoKey: 1 } }),
  },
  teleport_clicks: {
    ready: () => ({ ...ofMouse, click: { n: 12, tele: 0 } }),
    fire: () => ({ click: { tele: 1 } }),
  },
  instant_press: {
    ready: () => ({ ...ofMouse, click: { n: 12, press: 90, pressMin: 1 } }),
    fire: () => ({ click: { press: 2 } }),
  },
  screenshot_loop: {
    ready: () => ({
      ...ofMouse,
      winMs: 30_000,
      mouse: emptyWindow().mouse,
      counts: { move: 60, touch: 0 },
      click: { n: 4, tele: 0.55, press: 90, pressMin: 90 },
      glob: { idleN: 5, idleMed: 1_800, act: 0.7 },
    }),
    fire: () => ({ glob: { act: 0.2 } }),
  },
};

describe.each(behaviorRules.map(({ name }) => name).filter((name) => !ofElsewhere(name)))('%s', (name) => {
  test('never raises a score by firing', () => {
    const { ready, fire } = facts[name]!;
    fc.assert(
      fc.property(anyStart, fc.boolean(), anyContext, (data, sound, context) => {
        const settled = (changes: SessionData) => (sound ? coherent(changes) : changes);
        const before = settled(changed(data, ready(data)));
        const after = settled(changed(before, fire(before)));
        const hasEvents = Object.values(before.counts).some((many) => many > 0);
        fc.pre(hasEvents && contradictions(before).every((one) => contradictions(after).includes(one)));
        expect(firedRules(before, {}).map((rule) => rule.name)).not.toContain(name);
        expect(firedRules(after, {}).map((rule) => rule.name)).toContain(name);
        const [was, is] = [before, after].map((one) => judgeBehavior(one, context).confidence);
        // What an aid makes too leads to the neutral confidence at most.
        expect(is).toBeLessThanOrEqual(Math.max(was!, isHard(name) ? 0 : 0.5));
      }),
    );
  });
});

function isHard(name: string): boolean {
  return behaviorRules.some((rule) => rule.hard && rule.name === name);
}

/** Contradictions have their own tests above; the others are of circumstances. */
function ofElsewhere(name: string): boolean {
  return ['impossible_signals', 'replayed_vector', 'declared'].includes(name);
}

test('a session of any windows keeps its figures in range and its state small', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.option(anyJudged, { nil: undefined }), anyContext), { maxLength: 20 }),
      fc.option(anyModel, { nil: undefined }),
      fc.integer({ min: 0, max: 100 }),
      (windows, model, baseline) => {
        let state: HeartbeatState | undefined;
        for (const [data, context] of windows) {
          const judged = judgeBehavior(data, { ...context, ...(model && { model }) });
          const before = state?.score ?? baseline;
          const seen = beat(state, judged, baseline);
          state = seen.state;
          // What is no person's lifts a session at most to its own score.
          if (!judged.human) expect(state.score).toBeLessThanOrEqual(Math.max(before, judged.score));
          expect(seen.score).toBeGreaterThanOrEqual(0);
          expect(seen.score).toBeLessThanOrEqual(100);
          expect(seen.delta).toBe(seen.score - baseline);
          expect(seen.anomaly).toBe(seen.delta < -28 || seen.score < 30);
          if (!seen.anomaly && seen.action !== 'block') expect(seen.action).toBe('allow');
          expect(Number.isFinite(state.sum)).toBe(true);
          expect(JSON.stringify(state).length).toBeLessThan(600);
        }
      },
    ),
  );
});
