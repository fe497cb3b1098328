import { expect, test } from 'vitest';
import type { CollectedPage } from './collected-page.ts';
import { type Collector, createCollector, type SessionData } from './collector.ts';

/** A page whose events a test sends. `isTrusted` can be set on no real event. */
function fakePage(rest: Partial<CollectedPage> = {}) {
  const listeners = new Map<string, Set<(event: Event) => void>>();
  let now = 1_000;
  const page: CollectedPage = {
    addEventListener: (type, listener, options) => {
      expect(options).toEqual({ capture: true, passive: true });
      listeners.set(type, (listeners.get(type) ?? new Set()).add(listener));
    },
    removeEventListener: (type, listener) => void listeners.get(type)?.delete(listener),
    document: { hidden: false },
    performance: { now: () => now },
    navigator: {},
    scrollY: 0,
    ...rest,
  };
  return {
    page,
    listening: () => [...listeners.values()].reduce((all, { size }) => all + size, 0),
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    send: (type: string, event: object = {}) => {
      const sent = { type, isTrusted: true, timeStamp: now, ...event };
      for (const listener of listeners.get(type) ?? []) listener(sent as unknown as Event);
    },
  };
}

function movesOf({ send, pass }: ReturnType<typeof fakePage>, count: number, rest: object = {}) {
  for (let at = 0; at < count; at += 1) {
    pass(16);
    send('pointermove', { pointerType: 'mouse', clientX: at * 10, clientY: at * at, ...rest });
  }
}

const button = { left: 100, top: 100, width: 80, height: 40 };
const target = { tagName: 'BUTTON', getBoundingClientRect: () => button, closest: () => null };
const at = (x: number, y: number) => ({ pointerType: 'mouse', pointerId: 1, clientX: x, clientY: y, target });

test('counts and features of moves, clicks, keys and scrolling', () => {
  const fake = fakePage({ devicePixelRatio: 1.5 });
  const collector = createCollector({ page: fake.page });
  collector.start();
  movesOf(fake, 30, { getCoalescedEvents: () => [1, 2, 3] });
  fake.send('pointerdown', at(140, 120));
  fake.pass(85);
  fake.send('pointerup', at(140, 120));
  for (const code of ['KeyA', 'KeyB', 'KeyA']) {
    fake.pass(70);
    fake.send('keydown', { code });
    fake.send('input', { inputType: 'insertText' });
    fake.pass(90);
    fake.send('keyup', { code });
  }
  fake.send('input', { inputType: 'insertText' });
  fake.send('paste');
  fake.send('wheel');
  fake.send('scroll');
  const data = collector.snapshot();
  expect(data).toMatchObject({
    v: 1,
    seq: 0,
    winMs: 30 * 16 + 85 + 3 * 160,
    ttfaMs: 1_016,
    counts: {
      move: 30,
      down: 1,
      up: 1,
      keyDown: 3,
      keyUp: 3,
      input: 4,
      paste: 1,
      wheel: 1,
      scroll: 1,
      touch: 0,
    },
    mouse: { n: 1 },
    click: { n: 1, press: 85, ctr: 1, nOff: 1 },
    key: { n: 3, hold: 90, dd: 160, nIn: 4, inNoKey: 0.25, paste: 1 },
    env: { wd: 0, untrusted: 0, coal: 3, pt: { mouse: 32, pen: 0, touch: 0 }, dpr: 1.5, rate: 16 },
  });
  expect(data.sid).toMatch(/^[0-9a-f]{32}$/);
});

test('focus: fields that got it, without a press or a key, and the time that the page was without it', () => {
  const fake = fakePage();
  const collector = createCollector({ page: fake.page });
  collector.start();
  expect(collector.snapshot().focus).toEqual({ n: 0, free: null, win: 0, awayMs: 0 });
  fake.send('pointerdown', at(140, 120));
  fake.send('focus', { target });
  fake.pass(5_000);
  fake.send('focus', { target });
  fake.send('blur', { target });
  fake.pass(300);
  fake.send('blur', { target: fake.page });
  fake.send('blur', { target: fake.page });
  fake.pass(2_500);
  fake.send('focus', { target: fake.page });
  fake.send('focus', { target });
  fake.pass(500);
  const { focus, counts, glob } = collector.snapshot();
  expect(focus).toEqual({ n: 2, free: 0.5, win: 3, awayMs: 2_500 });
  expect([counts.down, glob.idleN]).toEqual([1, 1]);
  collector.stop();
  expect(collector.snapshot().focus).toEqual({ n: 0, free: null, win: 0, awayMs: 0 });
});

test('each snapshot has the next number, looking takes one where something happened since; one page load is one session', () => {
  const fake = fakePage();
  const collector = createCollector({ page: fake.page });
  const look = () => collector.debug().features.seq;
  collector.start();
  const { seq, sid } = collector.snapshot();
  expect([seq, look(), look()]).toEqual([0, 0, 0]);
  movesOf(fake, 1);
  expect([look(), look(), collector.snapshot().seq, look()]).toEqual([1, 1, 2, 2]);
  expect(collector.snapshot().sid).toBe(sid);
  expect(createCollector({ page: fake.page }).snapshot().sid).not.toBe(sid);
});

test('no two of what is handed out have one number and one age, unless they are the same', () => {
  const fake = fakePage();
  const collector = createCollector({ page: fake.page });
  const handed = new Map<string, string>();
  const note = (features: SessionData) => {
    const pair = `${features.seq} ${features.upMs}`;
    const text = JSON.stringify(features);
    expect(handed.get(pair) ?? text).toBe(text);
    handed.set(pair, text);
    return features;
  };
  collector.start();
  movesOf(fake, 40);
  fake.pass(900);
  for (let step = 0; step < 60; step += 1) {
    fake.pass(0.2);
    if (step % 7 === 3) fake.send('focus', { target: fake.page });
    if (step % 7 === 5) fake.send('pointermove', at(step, step));
    const { features } = collector.debug();
    note(features);
    if (step % 5 === 2) expect(note(collector.snapshot()).seq).toBe(features.seq + 1);
  }
  expect(handed.size).toBeGreaterThan(20);
  collector.stop();
  expect(note(collector.debug().features).counts.move).toBe(0);
  // What is sent of the age of a page ends at a day.
  fake.pass(90_000_000);
  const { seq } = note(collector.debug().features);
  expect(note(collector.debug().features).seq).toBe(seq + 1);
});

test('looking again, while nothing happened, keeps the number, with the time of the page', () => {
  const fake = fakePage();
  const collector = createCollector({ page: fake.page });
  collector.start();
  movesOf(fake, 3);
  const sent = collector.snapshot();
  fake.pass(0.3);
  expect(collector.debug().features).toBe(sent);
  fake.pass(1);
  const { seq, upMs } = collector.debug().features;
  expect([seq, upMs]).toEqual([sent.seq, sent.upMs + 1]);
});

test('the window is the last 30 seconds, and never longer than it was collected', () => {
  const fake = fakePage();
  const collector = createCollector({ page: fake.page });
  collector.start();
  movesOf(fake, 30);
  expect(collector.snapshot().winMs).toBe(480);
  fake.pass(29_000);
  expect(collector.snapshot().counts.move).toBe(30);
  fake.pass(31_000);
  expect(collector.snapshot()).toMatchObject({ winMs: 30_000, counts: { move: 0 }, ttfaMs: 1_016 });
});

test('more events than are kept make the window shorter, not wrong', () => {
  const fake = fakePage();
  const collector = createCollector({ page: fake.page });
  collector.start();
  for (let sent = 0; sent < 9_000; sent += 1) {
    fake.pass(1);
    fake.send('pointermove', { pointerType: 'mouse', clientX: sent % 900, clientY: 5 });
  }
  const { winMs, counts } = collector.snapshot();
  expect(winMs).toBe(counts.move);
  expect(winMs).toBeGreaterThanOrEqual(4_000);
  expect(winMs).toBeLessThan(8_001);
});

test('what a script sends is counted, and not looked at', () => {
  const fake = fakePage();
  const collector = createCollector({ page: fake.page });
  collector.start();
  movesOf(fake, 20, { isTrusted: false });
  fake.send('keydown', { isTrusted: false, code: 'KeyA' });
  // Password managers and frameworks.
  fake.send('keydown', { isTrusted: false, code: '', key: '' });
  fake.send('input', { isTrusted: false });
  expect(collector.snapshot()).toMatchObject({ counts: { move: 0, keyDown: 0 }, env: { untrusted: 21 } });
});

test('touch: no mouse movement, a scroll is no click', () => {
  const fake = fakePage({ matchMedia: (query) => ({ matches: query.includes('coarse') }) });
  const collector = createCollector({ page: fake.page });
  collector.start();
  const touch = { ...at(120, 120), pointerType: 'touch' };
  movesOf(fake, 20, { pointerType: 'touch' });
  fake.send('pointerdown', touch);
  fake.send('pointercancel', touch);
  fake.send('pointerdown', { ...touch, pointerId: 2 });
  fake.send('pointerup', { ...touch, pointerId: 2 });
  // A soft keyboard with names of keys.
  fake.send('keydown', { code: 'KeyA' });
  fake.send('keyup', { code: 'KeyA' });
  expect(collector.snapshot()).toMatchObject({
    counts: { move: 20, down: 2, touch: 2, keyDown: 1 },
    mouse: { n: 0 },
    click: { n: 1, press: null, tele: null },
    key: { n: 0, hold: null },
    env: { pt: { mouse: 0, pen: 0, touch: 23 } },
  });
});

test('modifiers, repeats and input methods are no strokes', () => {
  const fake = fakePage();
  const collector = createCollector({ page: fake.page });
  collector.start();
  for (const event of [
    { code: 'ShiftLeft' },
    { code: 'KeyA', repeat: true },
    { code: 'KeyA', isComposing: true },
    { code: '', key: 'Unidentified' },
  ]) {
    fake.send('keydown', event);
    fake.pass(50);
    fake.send('keyup', event);
  }
  expect(collector.snapshot()).toMatchObject({ counts: { keyDown: 3, keyUp: 4 }, key: { n: 0 } });
});

test('one key tapped again and again is one stroke', () => {
  const fake = fakePage();
  const collector = createCollector({ page: fake.page });
  collector.start();
  for (const code of ['KeyA', 'Backspace', 'Backspace', 'ShiftLeft', 'Backspace', 'KeyA']) {
    fake.send('keydown', { code });
    fake.pass(50);
    fake.send('keyup', { code });
    fake.pass(100);
  }
  expect(collector.snapshot()).toMatchObject({ counts: { keyDown: 6, keyUp: 6 }, key: { n: 3, dd: 150 } });
});

test('hidden time', () => {
  const document = { hidden: true };
  const fake = fakePage({ document });
  const collector = createCollector({ page: fake.page });
  collector.start();
  fake.pass(400);
  document.hidden = false;
  fake.send('visibilitychange');
  fake.pass(1_000);
  document.hidden = true;
  fake.send('visibilitychange');
  fake.pass(50);
  expect(collector.snapshot()).toMatchObject({ winMs: 1_450, hidMs: 450 });
});

test('stopped, it listens to nothing and has forgotten', () => {
  const fake = fakePage();
  const collector = createCollector({ page: fake.page });
  collector.start();
  collector.start();
  const added = fake.listening();
  movesOf(fake, 20);
  collector.stop();
  expect([added, fake.listening()]).toEqual([14, 0]);
  expect(collector.debug()).toMatchObject({ collecting: false, features: { winMs: 0, counts: { move: 0 } } });
});

test('works ahead while the page is idle, which changes nothing of what is sent', () => {
  const idle: (() => void)[] = [];
  const fakes = [fakePage({ requestIdleCallback: (run) => idle.push(run) }), fakePage()] as const;
  const [ahead, plain] = fakes.map(({ page }) => createCollector({ page })) as [Collector, Collector];
  const snapshots = () => {
    const { sid, ...sent } = ahead.snapshot();
    expect({ ...sent, sid: '' }).toEqual({ ...plain.snapshot(), sid: '' });
    return sent;
  };
  for (const one of [ahead, plain]) one.start();
  for (const fake of fakes) movesOf(fake, 120);
  expect(idle).toEqual([]);
  let [worked, movements] = [0, 0];
  for (let burst = 0; burst < 90; burst += 1) {
    for (const fake of fakes) {
      fake.pass(burst % 3 === 0 ? 60 : 400);
      movesOf(fake, 25 + (burst % 7));
    }
    if (burst % 4 === 3)
      for (const run of idle.splice(0)) {
        run();
        worked += 1;
      }
    if (burst === 20 || burst === 21 || burst === 80) movements = snapshots().mouse.n;
  }
  expect(worked).toBeGreaterThan(4);
  expect(movements).toBeGreaterThan(10);
  ahead.stop();
  for (const run of idle.splice(0)) run();
});

test('without `requestIdleCallback` it works ahead by a timer, and only when the mouse has rested', () => {
  const timers: [run: () => void, at: number][] = [];
  const fakes = [
    fakePage({ setTimeout: (run, wait) => timers.push([run, fakes[0].page.performance.now() + wait]) }),
    fakePage(),
  ] as const;
  const [ahead, plain] = fakes.map(({ page }) => createCollector({ page })) as [Collector, Collector];
  const move = (count: number) => {
    for (let sent = 0; sent < count; sent += 1) {
      for (const fake of fakes) movesOf(fake, 1, { clientX: sent * 7 });
      const due = timers.findIndex(([, at]) => at <= fakes[0].page.performance.now());
      if (due >= 0) timers.splice(due, 1)[0]![0]();
    }
  };
  const asked = () => timers.length;
  for (const one of [ahead, plain]) one.start();
  move(120);
  expect(asked()).toBe(0);
  // Of a mouse that goes on it is asked again and again, by one timer.
  move(900);
  expect(asked()).toBe(1);
  const rest = () => {
    for (const fake of fakes) fake.pass(200);
    for (const [run] of timers.splice(0)) run();
    return asked();
  };
  // Moves of a group that was not full, the movements, and everything.
  expect([rest(), rest(), rest()]).toEqual([1, 1, 0]);
  move(700);
  expect(asked()).toBe(1);
  expect({ ...ahead.snapshot(), sid: '' }).toEqual({ ...plain.snapshot(), sid: '' });
});

test('on a server there is no page: nothing is collected, nothing breaks', () => {
  const collector = createCollector();
  collector.start();
  expect(collector.debug()).toMatchObject({ collecting: false, features: { winMs: 0, upMs: 0 } });
});

test('nothing of a key, a text or an element is in what is sent', () => {
  const fake = fakePage();
  const collector = createCollector({ page: fake.page });
  collector.start();
  const secret = 'hunter2';
  const field = { ...target, value: secret, id: secret, name: secret };
  for (const key of secret) {
    fake.send('keydown', { key, code: `Key${key}`, target: field });
    fake.send('input', { inputType: 'insertText', data: key, target: field });
    fake.send('keyup', { key, code: `Key${key}`, target: field });
  }
  fake.send('paste', { clipboardData: { getData: () => secret }, target: field });
  fake.send('pointerdown', { ...at(3, 4), target: field });
  const texts: string[] = [];
  JSON.stringify(collector.snapshot(), (_, value) => {
    if (typeof value === 'string') texts.push(value);
    return value;
  });
  expect(texts).toEqual([collector.debug().features.sid]);
});

test('a press of which the button counts none is of an accessibility action, as Chromium sends it for AT-SPI', () => {
  const fake = fakePage();
  const collector = createCollector({ page: fake.page });
  collector.start();
  for (const detail of [0, 0, 0, 1]) {
    fake.pass(600);
    fake.send('pointerdown', { ...at(140, 120), pressure: 0 });
    fake.send('mousedown', { detail });
    fake.send('pointerup', at(140, 120));
  }
  expect(collector.snapshot()).toMatchObject({ counts: { down: 4 }, click: { aid: 3, n: 1 } });
});

test('a page beyond the edge of its window is emulated; one that fills the screen is not', () => {
  const emuOf = (screenY: number, coarse = false) => {
    const size = { innerWidth: 1_280, outerWidth: 1_280, innerHeight: 800, outerHeight: 800, screenY: 10 };
    const fake = fakePage({ ...size, matchMedia: () => ({ matches: coarse }) });
    const collector = createCollector({ page: fake.page });
    collector.start();
    fake.send('pointerdown', { ...at(140, 120), screenY });
    fake.send('pointerup', at(140, 120));
    return collector.snapshot().click.emu;
  };
  expect([emuOf(120 + 97), emuOf(120 + 10), emuOf(120 + 97, true)]).toEqual([1, 0, 0]);
});
