import { join } from 'node:path';
import websocket from '@fastify/websocket';
import { createCapturePageDoor } from '../../service/doors/capture-page/index.ts';
import { createConsoleDoor } from '../../service/doors/console/index.ts';
import { createPages } from '../../service/http/pages/built-pages.ts';
import { createServer } from '../../service/http/server.ts';
import { systemClock } from '../../service/lib/clock.ts';
import { createIds } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';

export type Json = Record<string, unknown>;
interface Socket {
  send(text: string): void;
  terminate(): void;
  close(code?: number): void;
  on(event: 'message', act: (data: Buffer, binary: boolean) => void): void;
  on(event: 'close', act: () => void): void;
}

/** The pages of the product with a script in the place of `/api/live`: the test says what the box answers. */
export interface CaptureBox {
  url: string;
  /** Answers by path, as `begin`; a number is a status with an error. */
  answers: Record<string, Json | number>;
  /** As it is sent to each new connection, and answered to requests. */
  live: Json;
  push(live: Json): void;
  /** Times of the frames, and the size of each. */
  frames: { time: number; bytes: number; jpeg: Buffer; by: 'socket' | 'request' }[];
  /** Texts of the sockets after the token, and bodies of requests by path. */
  said: Json[];
  asked: { path: string; body: Json; token: string | undefined }[];
  /** No WebSocket gets through. */
  noSockets: boolean;
  /** No request is answered. */
  down: boolean;
  cut(code?: number): void;
  origins: string[];
  stop(): Promise<void>;
}

export const description: Json = {
  state: 'ready',
  flow: 'api',
  organization: { name: 'Nordlys Bank', color: '#1f4e3d' },
  purpose: { en: 'Raise your transfer limit', de: 'Ihr Überweisungslimit erhöhen' },
  steps: 4,
  pathChoices: { flash: true, motion: true },
  consent: {
    version: 'gatehouse-live-1',
    text: {
      en: [
        'Nordlys Bank wants to know that a living person is in front of the camera, and that it is you.',
        'Pictures of your face go to Gatehouse, a box in the network of Nordlys Bank. It turns them into numbers and deletes the pictures.',
      ],
      de: [
        'Nordlys Bank möchte wissen, dass eine lebende Person vor der Kamera ist, und dass Sie es sind.',
        'Bilder Ihres Gesichts gehen an Gatehouse, ein Gerät im Netz von Nordlys Bank. Es macht daraus Zahlen und löscht die Bilder.',
      ],
    },
    retention: {
      en: 'The pictures are deleted once decided, today at the latest',
      de: 'Die Bilder werden nach der Entscheidung gelöscht, spätestens heute',
    },
    withdraw: {
      en: 'Write to privacy@nordlys.example or ask at any desk. Then what is kept about your face is erased.',
      de: 'Schreiben Sie an privacy@nordlys.example oder fragen Sie an jedem Schalter. Dann wird gelöscht, was über Ihr Gesicht aufbewahrt wird.',
    },
  },
  expiresAt: '2100-01-01T00:00:00.000Z',
  test: false,
  openerOrigins: [],
};

export const ready: Json = {
  is: 'state',
  state: 'ready',
  attempt: 0,
  attemptsLeft: 3,
  reference: 'sess_01m2k9c5tq7v3e8zs1nd4w7q4d',
};

const fresh = () => ({
  answers: {
    describe: description,
    'handover/describe': { ...description, numbers: ['12', '47', '83'] },
    begin: {
      sessionId: 'sess_01m2k9c5tq7v3e8zs1nd4w7q4d',
      token: 'session-token',
      expiresAt: '2100-01-01T00:00:00.000Z',
    },
    'handover/accept': {
      sessionId: 'sess_01m2k9c5tq7v3e8zs1nd4w7q4d',
      token: 'phone-token',
      expiresAt: '2100-01-01T00:00:00.000Z',
    },
    deny: { reference: 'sess_01m2k9c5tq7v3e8zs1nd4w7q4d' },
  } as Record<string, Json | number>,
  live: ready,
  frames: [],
  said: [],
  asked: [],
  noSockets: false,
  down: false,
  origins: [],
});

/** Codes of refusals, by their status. */
const codes: Readonly<Record<number, string>> = { 403: 'KIOSK_REQUIRED', 429: 'BURST_LIMIT_EXCEEDED' };

export async function startCaptureBox(): Promise<CaptureBox & { reset(): void }> {
  const app = createServer({ ids: createIds(systemClock), log: silentLog, limits: { body: 4_000_000 } });
  const pages = createPages(join(import.meta.dirname, '../../dist/renderer'));
  const sockets = new Set<Socket>();
  const box: CaptureBox = {
    url: '',
    ...fresh(),
    push(live) {
      box.live = live;
      for (const socket of sockets) socket.send(JSON.stringify(live));
    },
    cut(code) {
      for (const socket of sockets) code === undefined ? socket.terminate() : socket.close(code);
    },
    async stop() {
      box.cut();
      await app.close();
    },
  };
  await app.register(createConsoleDoor({ pages, nonce: () => 'n' }));
  await app.register(createCapturePageDoor({ pages, originsOf: async () => box.origins, log: silentLog }));
  await app.register(websocket);
  const open = { config: { access: 'public' as const, quiet: true }, schema: { hide: true } };
  app.route({
    ...open,
    method: 'GET',
    url: '/api/live/frames',
    handler: async (_, reply) => reply.code(400).send(),
    wsHandler: (raw) => {
      const socket = raw as unknown as Socket;
      if (box.noSockets || box.down) return socket.terminate();
      let known = false;
      socket.on('close', () => sockets.delete(socket));
      socket.on('message', (data, binary) => {
        if (binary) {
          const jpeg = data.subarray(8);
          box.frames.push({ time: data.readDoubleBE(0), bytes: jpeg.length, jpeg, by: 'socket' });
          return socket.send(JSON.stringify(box.live));
        }
        const text = JSON.parse(data.toString()) as Json;
        box.said.push(text);
        if (known) return;
        known = true;
        sockets.add(socket);
        socket.send(JSON.stringify(box.live));
      });
    },
  });
  app.route<{ Body: Json | undefined; Params: { '*': string } }>({
    ...open,
    method: ['GET', 'POST'],
    url: '/api/live/*',
    async handler(request, reply) {
      const path = request.params['*'];
      const body = request.body ?? {};
      if (box.down) return reply.raw.destroy();
      box.asked.push({ path, body, token: request.headers.authorization?.slice(7) });
      if (path === 'frames') {
        for (const { time, image } of (body.frames ?? []) as { time: number; image: string }[]) {
          const jpeg = Buffer.from(image, 'base64');
          box.frames.push({ time, bytes: jpeg.length, jpeg, by: 'request' });
        }
        if (body.is) box.said.push(body);
      }
      const answer = path === 'state' || path === 'frames' ? box.live : box.answers[path];
      if (typeof answer === 'object') return reply.send(answer);
      const code = codes[answer ?? 404] ?? 'NOT_FOUND';
      return reply.code(answer ?? 404).send({ error: 'No.', code, requestId: 'r' });
    },
  });
  box.url = (await app.listen({ port: 0, host: '127.0.0.1' })).replace('127.0.0.1', 'localhost');
  return Object.assign(box, { reset: () => void Object.assign(box, fresh()) });
}
