import type { LiveApi } from './api.ts';
import type { Line, LineDeps } from './socket-line.ts';
import type { Device, Frame } from './wire.ts';

interface RequestLineDeps extends LineDeps {
  api: Pick<LiveApi, 'state' | 'frames'>;
  failed(error: unknown): void;
}

/** Frames of one request. */
const MOST_FRAMES = 5;

/** One request after another, each with the frames that came meanwhile; where no WebSocket gets through. */
export function openRequestLine({ token, api, state, failed }: RequestLineDeps): Line {
  const waiting: Frame[] = [];
  let wish: Device | undefined;
  let underWay = false;
  let over = false;

  async function ask(): Promise<void> {
    if (underWay || over) return;
    underWay = true;
    const device = wish;
    try {
      const frames = await Promise.all(
        waiting.splice(0).map(async ({ image, time }) => ({ image: await toBase64(image), time })),
      );
      const order = { ...(device && { is: 'start' as const, device }), frames };
      const live = device || frames.length > 0 ? await api.frames(token, order) : await api.state(token);
      if (over) return;
      if (wish === device) wish = undefined;
      state(live);
    } catch (error) {
      if (!over) failed(error);
      return;
    } finally {
      underWay = false;
    }
    if (wish || waiting.length > 0) void ask();
  }

  return {
    ask: () => void ask(),
    start(device) {
      wish = device;
      void ask();
    },
    send(frame) {
      if (waiting.length >= MOST_FRAMES) return false;
      waiting.push(frame);
      void ask();
      return true;
    },
    close() {
      over = true;
    },
  };
}

async function toBase64(image: Blob): Promise<string> {
  const bytes = new Uint8Array(await image.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000)
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
