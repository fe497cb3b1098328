import type { CDPSession, Page } from 'playwright';
import type { Random } from './chance.ts';
import { createPauses } from './pauses.ts';

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}
export interface Place {
  x: number;
  y: number;
}
/** A place and when the pointer is there; ms from the start of the movement. */
export interface Point extends Place {
  t: number;
}

/** What a bot has in its hands: a page with the form, chance, and a clock. */
export interface Stage {
  page: Page;
  random: Random;
  /** Ms until the bot is to stop; it may end the task that it is at. */
  left(): number;
  pause(ms: number): Promise<void>;
  /** By how many ms each pause so far ended too late. */
  late: readonly number[];
  boxOf(id: string): Promise<Box>;
  pointer: Pointer;
  keyboard: Keyboard;
}

/** The devtools protocol, without a wait between two events: what arrives when is decided here. */
interface Pointer {
  at: Place;
  follow(points: readonly Point[]): Promise<void>;
  press(hold: number): Promise<void>;
  wheel(dy: number): Promise<void>;
}
interface Keyboard {
  down(key: string): Promise<void>;
  up(key: string): Promise<void>;
}

export async function createStage(page: Page, random: Random, lastsMs: number): Promise<Stage> {
  const protocol = await page.context().newCDPSession(page);
  const until = performance.now() + lastsMs;
  const { pause, pauseUntil, late } = createPauses();
  return {
    page,
    random,
    left: () => until - performance.now(),
    pause,
    late,
    boxOf: (id) => page.evaluate<Box>(`boxOf(document.getElementById(${JSON.stringify(id)}))`),
    pointer: createPointer(protocol, pauseUntil, pause),
    keyboard: {
      down: (key) => page.keyboard.down(key),
      up: (key) => page.keyboard.up(key),
    },
  };
}

function createPointer(
  protocol: CDPSession,
  pauseUntil: (time: number) => Promise<void>,
  pause: (ms: number) => Promise<void>,
): Pointer {
  const at: Place = { x: 0, y: 0 };
  const send = (type: 'mouseMoved' | 'mousePressed' | 'mouseReleased', buttons: number): Promise<unknown> =>
    protocol.send('Input.dispatchMouseEvent', {
      type,
      x: at.x,
      y: at.y,
      buttons,
      button: type === 'mouseMoved' ? 'none' : 'left',
      clickCount: type === 'mouseMoved' ? 0 : 1,
      pointerType: 'mouse',
    });
  return {
    at,
    async follow(points) {
      const begun = performance.now();
      const sent: Promise<unknown>[] = [];
      for (const { x, y, t } of points) {
        await pauseUntil(begun + t);
        Object.assign(at, { x, y });
        sent.push(send('mouseMoved', 0));
      }
      await Promise.all(sent);
    },
    async press(hold) {
      const pressed = send('mousePressed', 1);
      await pause(hold);
      await Promise.all([pressed, send('mouseReleased', 0)]);
    },
    async wheel(dy) {
      await protocol.send('Input.dispatchMouseEvent', {
        type: 'mouseWheel',
        x: at.x,
        y: at.y,
        deltaX: 0,
        deltaY: dy,
      });
    },
  };
}
