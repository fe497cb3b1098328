import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SessionData } from '../../../sdk/gatehouse/src/collector/features/index.ts';
import { minimumJerk } from '../../bots/movers/minimum-jerk.ts';
import type { RecordedEvent, Trace } from '../../bots/trace.ts';
import { createRandom } from '../random.ts';
import { trackOfTrace } from './bot-track.ts';
import { vectorOf } from './track.ts';

/** By its path: it is compiled for browsers, with types that this project does not have. */
const { createCollector } = (await import(
  join(import.meta.dirname, '../../../sdk/gatehouse/src/collector/collector.ts')
)) as { createCollector(options: { page: object }): { start(): void; snapshot(): SessionData } };

/** A session of eight targets, each pressed and typed into; `beyond`: in a page whose size a debugger made up. */
function session(beyond: boolean): Trace {
  const random = createRandom(5);
  const events: RecordedEvent[] = [];
  let t = 400;
  let at = { x: 50, y: 60 };
  for (let i = 0; i < 8; i++) {
    const box = { x: 900 * random(), y: 600 * random(), width: 120, height: 40, element: 'INPUT' };
    for (const point of minimumJerk(at, box, random)) {
      events.push({
        is: 'pointermove',
        t: t + point.t,
        x: point.x,
        y: point.y,
        trusted: true,
        pointer: 'mouse',
        coalesced: 2,
      });
      at = point;
    }
    t = events.at(-1)!.t + 90;
    const press = { ...at, trusted: true, pointer: 'mouse', button: 0, detail: 0, box, beyond };
    events.push({ is: 'pointerdown', t, ...press }, { is: 'pointerup', t: t + 85 + i, ...press });
    t += 300;
    for (let key = 0; key < 5; key++) {
      const stroke = { key, repeat: false, printed: true, trusted: true };
      events.push(
        { is: 'keydown', t, ...stroke },
        { is: 'input', t: t + 1, trusted: true, inputType: 'insertText' },
      );
      events.push({ is: 'keyup', t: t + 70 + key * 7, ...stroke });
      t += 140 + 30 * random();
    }
  }
  const environment = { webdriver: false, dpr: 1, width: 1280, height: 800, now: t + 100 };
  return {
    version: 1,
    bot: 'test',
    seed: 1,
    recorded: '',
    commit: '',
    browser: '',
    load: 0,
    cores: 1,
    environment,
    events,
  };
}

/** The same events through the product's own collector. */
function collected({ events, environment }: Trace): SessionData {
  const listeners = new Map<string, (event: Event) => void>();
  let now = 0;
  const page = {
    addEventListener: (type: string, listener: (event: Event) => void) => void listeners.set(type, listener),
    removeEventListener: () => undefined,
    document: { hidden: false },
    performance: { now: () => now },
    navigator: { webdriver: environment.webdriver },
    devicePixelRatio: environment.dpr,
    scrollY: 0,
    innerWidth: 1280,
    outerWidth: 1280,
    innerHeight: 800,
    outerHeight: 800,
    screenY: 0,
  };
  const collector = createCollector({ page });
  collector.start();
  for (const event of events) {
    now = event.t;
    const box = 'box' in event ? event.box : undefined;
    const target = box && {
      tagName: box.element,
      closest: () => target,
      getBoundingClientRect: () => ({ left: box.x, top: box.y, width: box.width, height: box.height }),
    };
    listeners.get(event.is)?.({
      type: event.is,
      timeStamp: event.t,
      isTrusted: event.trusted,
      target,
      ...('x' in event && { clientX: event.x, clientY: event.y, pointerType: 'mouse', pointerId: 1 }),
      ...('beyond' in event && { screenY: event.y + (event.beyond ? 97 : 0) }),
      ...('coalesced' in event && { getCoalescedEvents: () => Array.from({ length: event.coalesced ?? 0 }) }),
      ...('key' in event && { code: `Key${event.key}`, key: 'x', repeat: event.repeat }),
      ...('inputType' in event && { inputType: event.inputType }),
    } as unknown as Event);
  }
  now = environment.now;
  return collector.snapshot();
}

test.each([
  ['a window of its own', 0],
  ['a page of a made-up size', 1],
])(
  'a session recorded in %s has the vector that the product’s own collector would have sent',
  (_where, emu) => {
    const trace = session(emu === 1);
    // a recording holds no events of focus
    const { sid: _, seq: __, focus, ...sent } = collected(trace);
    const { sid: ___, seq: ____, ...computed } = vectorOf(trackOfTrace(trace), 0, trace.environment.now);
    expect(focus?.n).toBe(0);
    expect(sent.mouse.n).toBeGreaterThan(5);
    expect(sent.key.n).toBe(40);
    expect(sent.click.emu).toBe(emu);
    expect(computed).toEqual(sent);
  },
);
