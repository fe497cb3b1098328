import type { BrowserContext } from 'playwright';
import { captureStrings } from '../../renderer/capture/capture-strings.ts';
import type { Actor, Asked } from './actors/actor.ts';

/** What the page says for each step, in English. */
const says: readonly (readonly [Asked, string])[] = [
  ['hold-still', captureStrings.en.holdStill],
  ['turn-left', captureStrings.en.turnLeft],
  ['turn-right', captureStrings.en.turnRight],
  ['look-up', captureStrings.en.lookUp],
  ['look-down', captureStrings.en.lookDown],
  ['come-closer', captureStrings.en.comeCloser],
  ['blink', captureStrings.en.blink],
  ['color-flash', captureStrings.en.colorFlash],
];

export interface ScriptedCamera {
  /** Frames shown so far. */
  shown(): number;
  /** What the page asked for, in its order. */
  asked(): Asked[];
  /** What stood on the page. */
  read(): string[];
}

/**
 * The camera of every page of the context is a person who reads the page and does what it says. `jpegOf` gives the picture of what the
 * actor shows. Each frame gets the noise of a sensor, as a camera never shows the same picture twice.
 */
export async function installScriptedCamera(
  context: BrowserContext,
  createActor: () => Actor,
  jpegOf: (name: string) => Promise<Buffer>,
  label = 'Integrated Camera',
): Promise<ScriptedCamera> {
  let actor = createActor();
  let doing: { asked: Asked; since: number } | undefined;
  let shown = 0;
  const order: Asked[] = [];
  const texts: string[] = [];

  const read = (text: string): Asked => says.find(([, words]) => words === text)?.[0] ?? 'hold-still';
  await context.exposeBinding('nextCameraFrame', async (_, text: string, now: number) => {
    const asked = read(text);
    if (texts.at(-1) !== text) texts.push(text);
    if (doing?.asked !== asked) {
      doing = { asked, since: now };
      order.push(asked);
    }
    const { name } = actor.next(asked, now - doing.since);
    shown += 1;
    return (await jpegOf(name)).toString('base64');
  });
  await context.exposeBinding('cameraOpened', () => {
    actor = createActor();
    doing = undefined;
  });
  await context.addInitScript({ content: cameraOfPage(label) });
  return { shown: () => shown, asked: () => order, read: () => texts };
}

/** Runs in the page, so it is no TypeScript: the tests know no types of a browser. */
const cameraOfPage = (label: string): string => `(() => {
  const side = 480;
  const device = { deviceId: 'scripted', groupId: 'scripted', kind: 'videoinput', label: ${JSON.stringify(label)}, toJSON: () => ({}) };
  const open = async () => {
    await cameraOpened();
    const canvas = document.createElement('canvas');
    canvas.width = side;
    canvas.height = side;
    const drawing = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    const stream = canvas.captureStream();
    const [track] = stream.getVideoTracks();
    Object.defineProperty(track, 'label', { value: device.label });
    const show = async () => {
      const text = (document.querySelector('[data-instruction]') ?? document.querySelector('h1'))?.textContent ?? '';
      const base64 = await nextCameraFrame(text, performance.now());
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }));
      drawing.drawImage(bitmap, 0, 0, side, side);
      const picture = drawing.getImageData(0, 0, side, side);
      for (let i = 0; i < picture.data.length; i += 4) {
        const noise = 4 * Math.random() - 2;
        for (let channel = 0; channel < 3; channel++) picture.data[i + channel] += noise;
      }
      drawing.putImageData(picture, 0, 0);
    };
    await show();
    const repeat = async () => {
      if (track.readyState !== 'live') return;
      const start = performance.now();
      await show().catch(() => {});
      setTimeout(repeat, Math.max(0, 100 - (performance.now() - start)));
    };
    setTimeout(repeat, 100);
    return stream;
  };
  Object.defineProperty(navigator, 'mediaDevices', {
    value: {
      getUserMedia: open,
      enumerateDevices: async () => [device],
      addEventListener() {},
      removeEventListener() {},
      getSupportedConstraints: () => ({}),
    },
  });
  const query = navigator.permissions.query.bind(navigator.permissions);
  navigator.permissions.query = (wanted) =>
    wanted.name === 'camera'
      ? Promise.resolve(Object.assign(new EventTarget(), { name: 'camera', state: 'prompt', onchange: null }))
      : query(wanted);
})()`;
