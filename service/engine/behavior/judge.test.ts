import { describe, expect, it, test } from 'vitest';
import {
  emptyWindow,
  humanMovements,
  personWindow,
  programWindow,
  type WindowChanges,
} from '../../../test/support/behavior-windows.ts';
import { judgeBehavior } from './judge.ts';
import { BehaviorModel, mouseFeatures, researchModel } from './model/behavior-model.ts';
import { behaviorRules, contradictions, firedRules } from './rules.ts';
import { SessionData } from './session-data.ts';

const exampleOfSchema = (SessionData.meta()?.examples as unknown[] | undefined)?.[0];
/** One stump: straightness up to 0.95 counts as a person's, +2 or -2. */
const model = BehaviorModel.parse({
  format: 1,
  id: 'one-stump',
  bias: 0,
  z0: 0,
  slope: 1,
  even: 0,
  thinZeros: [0, 0, 0, 0, 0, 0, 0],
  features: [...mouseFeatures],
  medians: mouseFeatures.map(() => 0),
  stumps: [[0, 0.95, 2, -2]],
  trained: { at: '2026-11-21', on: [], humanWindows: 0, people: 0, botWindows: 0, generators: [] },
});
/** The same weights with every zero moved alike. */
const zeroAt = (weights: BehaviorModel, z0: number): BehaviorModel => ({
  ...weights,
  z0,
  thinZeros: weights.thinZeros.map((zero) => zero + z0 - weights.z0),
});
const onlyMoves = {
  counts: { down: 0, up: 0, keyDown: 0, keyUp: 0, input: 0 },
  click: emptyWindow().click,
  key: emptyWindow().key,
  env: { ...personWindow().env, pt: { mouse: 412, pen: 0, touch: 0 } },
} satisfies WindowChanges;

const noMouse = {
  counts: { move: 4 },
  mouse: emptyWindow().mouse,
  key: emptyWindow().key,
} satisfies WindowChanges;
/** Their movements are not a hand's. */
const OF_POINTER = new Set(['a dwell clicker', 'MouseKeys']);

describe('a judgement', () => {
  it('of no data, or of a window without events, is 0.49 without an agent block', () => {
    const expected = {
      confidence: 0.49,
      human: false,
      score: 49,
      logOdds: Math.log(0.49 / 0.51),
      evidence: 0,
      hardRule: false,
      assistive: false,
      notes: ['insufficient_data'],
      parts: { rules: [] },
    };
    expect(judgeBehavior(undefined)).toEqual(expected);
    expect(judgeBehavior(emptyWindow())).toEqual(expected);
    expect(judgeBehavior(emptyWindow({ env: { ...emptyWindow().env, wd: 1 } }))).toEqual(expected);
  });

  it('of thin but genuine data is 0.5, human, with a note', () => {
    const oneClick = emptyWindow({
      counts: { down: 1, up: 1, move: 3 },
      click: { n: 1, press: 90, pressMin: 90, tele: 0, ctr: 0, off: 0.2, nOff: 1 },
      env: { ...emptyWindow().env, pt: { mouse: 5, pen: 0, touch: 0 } },
    });
    expect(judgeBehavior(oneClick)).toMatchObject({
      confidence: 0.5,
      human: true,
      score: 50,
      notes: ['rules_only', 'thin', 'insufficient_data'],
      agent: { is_agent: false, agent_confidence: 0, signals: [] },
    });
    const shortMoves = personWindow({
      ...onlyMoves,
      winMs: 3_000,
      glob: { idleN: 0, idleMed: null, act: 1 },
    });
    expect(judgeBehavior(shortMoves, { model })).toMatchObject({ confidence: 0.5, human: true });
  });

  it('of a person by rules alone stays near the line: the absence of an alarm is no proof', () => {
    expect(judgeBehavior(personWindow())).toMatchObject({
      confidence: 0.71,
      human: true,
      score: 71,
      hardRule: false,
      notes: ['organic_typing', 'rules_only'],
      agent: { is_agent: false, agent_confidence: 0, signals: [] },
      parts: { rules: [], typing: 0.88 },
    });
    expect(judgeBehavior(personWindow(onlyMoves))).toMatchObject({ confidence: 0.5, human: true });
  });

  it('adds what the learned layer says', () => {
    expect(judgeBehavior(personWindow(), { model })).toMatchObject({
      confidence: 0.95,
      notes: ['organic_mouse', 'organic_typing'],
      parts: { mouse: { z: 2, logOdds: 2 }, typing: 0.88 },
    });
  });

  it('does not let typing make up for movements of a program', () => {
    const straight = personWindow({ mouse: { str: 0.99 } });
    expect(judgeBehavior(straight, { model })).toMatchObject({
      confidence: 0.12,
      human: false,
      notes: ['synthetic_mouse'],
      hardRule: false,
      // Which kind of program it is, movements alone do not say.
      agent: { is_agent: false, agent_confidence: 0, signals: [] },
      parts: { rules: [], mouse: { z: -2, logOdds: -2 } },
    });
  });

  it('shrinks the learned layer for few movements', () => {
    const few = personWindow({ ...onlyMoves, mouse: { n: 4, str: 0.99 } });
    expect(judgeBehavior(few, { model }).parts.mouse).toMatchObject({ z: -2, logOdds: -1 });
    expect(judgeBehavior(few, { model: zeroAt(model, -3) }).parts.mouse).toMatchObject({
      z: -2,
      logOdds: 0.5,
    });
  });

  it('of a program names its rules', () => {
    expect(judgeBehavior(programWindow())).toMatchObject({
      confidence: 0.02,
      human: false,
      score: 2,
      hardRule: true,
      agent: {
        is_agent: true,
        agent_confidence: 1,
        signals: [
          'bot_typing',
          'metronome_typing',
          'machine_pace',
          'centre_clicks',
          'teleport_clicks',
          'instant_press',
        ],
      },
    });
  });

  it.each<[string, WindowChanges]>([
    [
      'a screen reader that presses buttons (AT-SPI)',
      { ...noMouse, click: { ...emptyWindow().click, aid: 4 } },
    ],
    [
      'a screen reader that moves the pointer to the middle and clicks',
      { ...noMouse, click: { ctr: 1, off: 0, tele: 1, press: 1, pressMin: 1, gap: 2_400 } },
    ],
    ['a dwell clicker', { click: { press: 1, pressMin: 0 } }],
    [
      'eye gaze, which jumps and waits',
      { ...noMouse, click: { press: 1, pressMin: 0, tele: 1 }, glob: { idleN: 6, idleMed: 2_500, act: 0.2 } },
    ],
    ['MouseKeys', { mouse: { axis: 0.9 } }],
    ['home-row mods', { key: { hold: 2, holdP10: 1, holdNear: 1 } }],
    [
      'a program that types what was dictated',
      { key: { hold: 2, holdP10: 1, holdNear: 1, ddNear: 0.95, ddLsd: 0.05 } },
    ],
    ['dictation and on-screen keyboards without keys', { key: { inNoKey: 1 } }],
    ['link hints, and extensions that press by voice', { env: { ...personWindow().env, untrusted: 900 } }],
  ])('of %s is assistive: human, and no agent', (_, changes) => {
    const straight = { mouse: { str: 0.99, ...changes.mouse } };
    for (const [window, context] of [
      [changes, {}],
      [changes, { model }],
      [OF_POINTER.has(_) ? { ...changes, ...straight } : changes, { model }],
    ] as const) {
      const judged = judgeBehavior(personWindow(window), context);
      expect(judged).toMatchObject({
        human: true,
        hardRule: false,
        assistive: true,
        notes: expect.arrayContaining(['assistive']),
        agent: { is_agent: false, agent_confidence: 0, signals: [] },
      });
    }
    expect(judgeBehavior(personWindow(changes))).toMatchObject({ confidence: 0.5, score: 50 });
  });

  it('names the program that presses as an aid does, by what only it does', () => {
    const presses = { ctr: 1, off: 0, tele: 1, press: 1, pressMin: 1 };
    const signals = (click: object) =>
      judgeBehavior(personWindow({ ...noMouse, click: { ...presses, ...click } })).agent;
    expect(signals({ gap: 300 })).toMatchObject({
      is_agent: true,
      signals: ['machine_pace', 'centre_clicks', 'teleport_clicks', 'instant_press'],
    });
    expect(signals({ gap: 3_000, emu: 1 })?.signals).toContain('emulated_view');
    expect(signals({ gap: 3_000, emu: 1, ctr: 0 })?.is_agent).toBe(true);
    expect(signals({ gap: 3_000, emu: 0 })?.is_agent).toBe(false);
  });

  it('names a program also where the movements are a person’s', () => {
    const presses = personWindow({
      mouse: humanMovements,
      key: { relay: 0.7 },
    });
    expect(judgeBehavior(presses, { model: researchModel })).toMatchObject({
      human: true,
      hardRule: true,
      agent: { is_agent: true, agent_confidence: 0.95, signals: ['relay_typing'] },
    });
  });

  it('of an agent that signs is never human, whatever it sends', () => {
    const declared = { name: 'ExampleBot' };
    const agent = { is_agent: true, agent_confidence: 1, signals: ['declared', 'agent:ExampleBot'] };
    expect(judgeBehavior(undefined, { declared })).toMatchObject({ human: false, confidence: 0.02, agent });
    expect(judgeBehavior(personWindow(), { declared, model })).toMatchObject({ human: false, agent });
  });

  it('of a replayed vector is a program’s', () => {
    expect(judgeBehavior(personWindow(), { replayed: true })).toMatchObject({
      human: false,
      notes: ['replayed_vector', 'rules_only'],
      agent: { is_agent: true, signals: ['replayed_vector'] },
    });
  });

  it('of people without a mouse is not below 0.4 without a hard fact', () => {
    const touch = personWindow({
      counts: { move: 0, touch: 4 },
      mouse: emptyWindow().mouse,
      click: emptyWindow().click,
      env: { ...personWindow().env, pt: { mouse: 0, pen: 0, touch: 8 } },
    });
    expect(judgeBehavior(touch)).toMatchObject({ notes: ['organic_typing', 'touch_only', 'rules_only'] });
    const keyboard = personWindow({
      counts: { move: 0, down: 0, up: 0 },
      mouse: emptyWindow().mouse,
      click: emptyWindow().click,
      env: { ...personWindow().env, pt: { mouse: 0, pen: 0, touch: 0 }, rate: null },
      key: { hold: 30, holdP10: 25 },
    });
    expect(judgeBehavior(keyboard)).toMatchObject({
      confidence: 0.5,
      notes: ['keyboard_only', 'rules_only'],
    });
  });
});

test('between people’s zero and where programs are rarer, movements count for nothing', () => {
  const careful = { ...model, even: 1.5 };
  expect(judgeBehavior(personWindow(), { model: careful }).parts.mouse).toMatchObject({ z: 2, logOdds: 0.5 });
  expect(judgeBehavior(personWindow(), { model: zeroAt(careful, 1) }).parts.mouse).toMatchObject({
    z: 2,
    logOdds: 0,
  });
  const straight = personWindow({ mouse: { str: 0.99 } });
  expect(judgeBehavior(straight, { model: careful }).parts.mouse).toMatchObject({ z: -2, logOdds: -2 });
});

test('weights with a calibration of full windows speak for a person by it, and against one as before', () => {
  const calibrated = { ...model, even: 1.5, full: { slope: 2, even: 0.75 } };
  const mouse = (str: number, z0 = 0) =>
    judgeBehavior(personWindow({ mouse: { str } }), { model: zeroAt(calibrated, z0) }).parts.mouse;
  const usual = personWindow().mouse.str!;
  expect(mouse(usual)).toMatchObject({ z: 2, logOdds: 2.5, ratio: 0.5 });
  expect(mouse(usual, 1)).toMatchObject({ z: 2, logOdds: 0.5 });
  expect(mouse(usual, 1.5)).toMatchObject({ z: 2, logOdds: 0 });
  expect(mouse(0.99)).toMatchObject({ z: -2, logOdds: -2 });
  // A thin window has a lower zero of its own; what speaks for a person begins where it does in full ones.
  const thin = { ...calibrated, thinZeros: [-3, -3, -3, -3, -3, -3, -3] };
  const four = personWindow({ mouse: { n: 4 } });
  expect(judgeBehavior(four, { model: thin }).parts.mouse).toMatchObject({ z: 2, logOdds: 1.25 });
});

test('figures that an older script leaves out speak against a person, never for one', () => {
  const older = (str: number) => {
    const { strSd: _, ...mouse } = personWindow({ mouse: { str } }).mouse;
    return judgeBehavior({ ...personWindow(), mouse }, { model }).parts.mouse;
  };
  expect(older(0.9)).toMatchObject({ z: 2, logOdds: 0, ratio: 0 });
  expect(older(0.99)).toMatchObject({ z: -2, logOdds: -2, ratio: -2 });
});

test('thin windows have zeros of their own', () => {
  const thin = { ...model, thinZeros: [-1, -1, -1, -1, -1, -1, -1] };
  const few = personWindow({ mouse: { n: 4 } });
  expect(judgeBehavior(few, { model: thin }).parts.mouse).toMatchObject({ z: 2, logOdds: 1.5 });
  expect(judgeBehavior(few, { model: { ...thin, z0: 1 } }).parts.mouse).toMatchObject({ z: 2, logOdds: 1.5 });
});

test('what contradicts itself, or was another window’s, does not speak for a person', () => {
  for (const [changes, context] of [
    [{ upMs: 1_000, ttfaMs: 10 }, {}],
    [{}, { replayed: true }],
  ] as const) {
    const judged = judgeBehavior(personWindow(changes), { model, ...context });
    expect(judged.parts.mouse).toMatchObject({ z: 2, logOdds: 0, ratio: 0 });
    expect(judged.confidence).toBe(0.02);
  }
});

describe('rules', () => {
  const firing: Record<string, WindowChanges> = {
    webdriver: { env: { ...personWindow().env, wd: 1 } },
    impossible_signals: { upMs: 1_000, ttfaMs: 10 },
    bot_typing: { key: { hold: 12, holdP10: 9 } },
    metronome_typing: { key: { ddNear: 0.7, n: 31 } },
    relay_typing: { key: { relay: 0.7 } },
    constant_velocity: { mouse: { eq: 0.9 } },
    machine_pace: { click: { ctr: 0.9, gap: 400 } },
    emulated_view: { click: { tele: 0.75, emu: 1 } },
    centre_clicks: { click: { ctr: 0.9 } },
    untrusted_events: { counts: { move: 60 }, env: { ...personWindow().env, untrusted: 200 } },
    input_without_keys: { key: { inNoKey: 0.8 } },
    teleport_clicks: { click: { tele: 0.75 } },
    instant_press: { click: { press: 3, pressMin: 2 } },
    screenshot_loop: {
      counts: { move: 12 },
      mouse: emptyWindow().mouse,
      click: { tele: 0.5 },
      glob: { idleN: 5, idleMed: 1_800, act: 0.3 },
    },
  };
  const ofCircumstances = ['declared', 'replayed_vector'];

  test.each(behaviorRules.filter(({ name }) => !ofCircumstances.includes(name)))(
    '$name fires alone',
    ({ name, hard, logOdds }) => {
      const fired = firedRules(personWindow(firing[name]), {});
      // The two are of presses that another rule, which is not hard, sees too.
      expect(fired.slice(0, 1)).toEqual([{ name, hard, logOdds }]);
      expect(fired.slice(1).every((one) => !one.hard)).toBe(true);
    },
  );

  test('are quiet for a person', () => {
    expect(firedRules(personWindow(), {})).toEqual([]);
  });

  test.each<[string, string[], WindowChanges]>([
    [
      'keys that are not held',
      ['bot_typing'],
      { key: { n: 8, hold: 3, holdP10: 2, holdNear: 1, ddLsd: 1.2 } },
    ],
    [
      'fields filled one after the other without delay',
      ['bot_typing'],
      { key: { n: 24, hold: 3, holdP10: 2, holdNear: 1, ddLsd: 1.7, relay: 0.9 } },
    ],
    [
      'a rhythm of which nothing is known',
      ['bot_typing'],
      { key: { n: 8, hold: 3, holdP10: 2, holdNear: 1, ddLsd: null } },
    ],
    [
      'keys that are not held, at a fast rhythm',
      ['bot_typing'],
      { key: { n: 14, hold: 2, holdP10: 1, holdNear: 1, dd: 100, ddLsd: 0.32 } },
    ],
    [
      'keys that are not held, at a slow and even rhythm',
      ['bot_typing'],
      { key: { n: 14, hold: 2, holdP10: 1, holdNear: 1, dd: 560, ddLsd: 0.12 } },
    ],
    ['15 keys at one interval', ['metronome_typing'], { key: { n: 15, ddNear: 1 } }],
    ['16 keys, 15 of them at one interval', ['metronome_typing'], { key: { n: 16, ddNear: 0.93 } }],
    ['18 keys, most of them at one interval', ['metronome_typing'], { key: { n: 18, ddNear: 0.86 } }],
    ['20 keys at one interval', ['metronome_typing'], { key: { n: 20, ddNear: 0.76 } }],
    ['ten keys, each after the release before', ['relay_typing'], { key: { n: 10, relay: 0.8 } }],
    ['20 keys, most of them after the release before', ['relay_typing'], { key: { n: 20, relay: 0.6 } }],
  ])('notice %s', (_, names, changes) => {
    expect(firedRules(personWindow(changes), {}).map(({ name }) => name)).toEqual(names);
  });

  test.each<[string, WindowChanges & { env?: Partial<SessionData['env']> }]>([
    ['instant_press over a remote desktop', { click: { press: 3, pressMin: 2 }, env: { rate: 110 } }],
    ['instant_press of a pad that taps to click', { click: { press: 6, pressMin: 5 } }],
    [
      'metronome_typing of 13 keys that a tool puts in among two of a person',
      { key: { n: 15, ddNear: 12 / 14 } },
    ],
    [
      'bot_typing of slow and uneven keys',
      { key: { n: 14, hold: 2, holdP10: 1, holdNear: 1, dd: 560, ddLsd: 0.32, relay: 0 } },
    ],
    ['metronome_typing of few keys', { key: { n: 20, ddNear: 0.72 } }],
    ['metronome_typing of a steady hand', { key: { ddLsd: 0.115 } }],
    ['metronome_typing of a run of overlapping keys', { key: { n: 15, ddNear: 0.79, roll: 0.71 } }],
    ['metronome_typing of a steady sentence', { key: { n: 15, ddLsd: 0.07 } }],
    ['relay_typing of a hand that does not overlap', { key: { n: 15, relay: 0.65, roll: 0 } }],
    ['relay_typing of ten keys', { key: { n: 10, relay: 0.78 } }],
    // Keys that waited for a page which stood still: some intervals are of the page, some of the person.
    [
      'bot_typing of a page that stood still',
      { key: { n: 15, hold: 3, holdP10: 2, holdNear: 1, ddLsd: 2.1, relay: 0.54 } },
    ],
    ['teleport_clicks over a remote desktop', { click: { tele: 1 }, env: { rate: 110 } }],
    [
      'teleport_clicks where half of the presses are touches',
      { click: { tele: 1 }, counts: { touch: 2 }, env: { pt: { mouse: 104, pen: 0, touch: 4 } } },
    ],
    [
      'teleport_clicks of a pen',
      { click: { tele: 1 }, mouse: emptyWindow().mouse, env: { pt: { mouse: 0, pen: 108, touch: 0 } } },
    ],
    [
      'input_without_keys of a page that is used by touch',
      {
        key: { inNoKey: 1 },
        click: { press: null, pressSd: null, pressMin: null, tele: null },
        counts: { touch: 4 },
        env: { pt: { mouse: 100, pen: 0, touch: 8 } },
      },
    ],
    [
      'figures of keys where the clock is coarse',
      { key: { hold: null, holdP10: null, holdNear: null, ddNear: null, ddLsd: null } },
    ],
    ['untrusted_events of a password manager', { env: { untrusted: 8 } }],
    [
      'times of presses that touch does not have',
      {
        click: { press: null, pressSd: null, pressMin: null, tele: null },
        counts: { touch: 4 },
        env: { pt: { mouse: 100, pen: 0, touch: 8 } },
      },
    ],
  ])('leave out %s', (_, { env, counts, ...changes }) => {
    const data = personWindow({
      ...changes,
      counts: { move: 100, ...counts },
      env: { ...personWindow().env, ...env },
    });
    expect(firedRules(data, {})).toEqual([]);
  });
});

test('one tap among presses of a mouse switches no rule off', () => {
  const withTap = (changes: WindowChanges) =>
    personWindow({
      ...changes,
      counts: { down: 5, up: 5, touch: 1 },
      env: { ...personWindow().env, pt: { mouse: 420, pen: 0, touch: 2 } },
    });
  const names = (changes: WindowChanges) => firedRules(withTap(changes), {}).map(({ name }) => name);
  expect(names({ click: { tele: 0.75 } })).toEqual(['teleport_clicks']);
  expect(names({ key: { inNoKey: 0.8 } })).toEqual(['input_without_keys']);
  expect(names({ click: { press: 3, pressMin: 2 } })).toEqual(['instant_press']);
});

test('keys faster than any hand do not speak for a person', () => {
  const typed = { n: 200, hold: 400, holdP10: 300, dd: 22, roll: 0.9, nIn: 28 };
  const fast = personWindow({ key: typed, counts: { keyDown: 200, keyUp: 200 } });
  expect(contradictions(fast)).toEqual([]);
  expect(judgeBehavior(fast)).toMatchObject({ confidence: 0.5, parts: { rules: [] } });
});

describe('contradictions', () => {
  const impossible: [string, WindowChanges][] = [
    ['window_longer_than_page', { upMs: 20_000 }],
    ['hidden_longer_than_window', { hidMs: 31_000 }],
    ['first_event_after_now', { ttfaMs: 80_000 }],
    ['events_without_time', { winMs: 300 }],
    ['clicks_without_presses', { counts: { down: 1 } }],
    ['places_without_clicks', { click: { nOff: 5 } }],
    ['pointers_without_events', { env: { ...personWindow().env, pt: { mouse: 420, pen: 0, touch: 60 } } }],
    ['touches_without_presses', { counts: { touch: 9 } }],
    ['keys_without_presses', { counts: { keyDown: 2 } }],
    ['keys_without_releases', { counts: { keyUp: 2 } }],
    ['keys_without_time', { key: { n: 2_000 } }],
    ['holds_without_time', { key: { n: 500, hold: 200, roll: 0 } }],
    ['figures_far_from_median', { key: { dd: 1 } }],
    ['figures_far_from_median', { key: { hold: 2, holdP10: 1 } }],
    ['spread_beyond_shares', { mouse: { q1Sd: 0.8 } }],
    ['rest_beyond_spread', { mouse: { fitts2: 0.6 } }],
    ['inputs_without_input', { counts: { input: 3 } }],
    ['movements_without_moves', { counts: { move: 20 } }],
    ['movements_without_time', { mouse: { n: 400 }, counts: { move: 2_000 } }],
    ['pauses_without_time', { glob: { idleN: 60, idleMed: 900, act: 0 } }],
    ['activity_in_pauses', { glob: { idleN: 10, idleMed: 2_000, act: 0.9 } }],
    ['rate_without_time', { env: { ...personWindow().env, rate: 900 } }],
    ['peak_at_start', { mouse: { tpk: 0 } }],
    ['figures_of_nothing', { mouse: { ...personWindow().mouse, n: 0 } }],
    ['figures_missing', { mouse: { str: null } }],
    ['clicks_longer_than_page', { upMs: 3_000, winMs: 3_000, click: { press: 9_000 } }],
    ['quantiles_cross', { key: { holdP10: 200 } }],
    ['quantiles_cross', { mouse: { vcvLo: 0.9 } }],
    ['quantiles_cross', { mouse: { slowHi: 0.3 } }],
    ['typing_longer_than_window', { key: { dd: 5_000 } }],
  ];

  test.each(impossible)('%s', (name, changes) => {
    expect(contradictions(personWindow(changes))).toContain(name);
  });

  test('are none in the window of a person, of a program, and of nothing', () => {
    for (const data of [personWindow(), programWindow(), emptyWindow(), exampleOfSchema])
      expect(contradictions(SessionData.parse(data))).toEqual([]);
  });
});
