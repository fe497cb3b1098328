import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import sharp, { type Sharp } from 'sharp';
import { Agent, request, WebSocket } from 'undici';
import { createCli, type Service } from '../cli/gatehouse.ts';
import { portrait } from '../cli/portraits.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { median, quantile } from './statistics.ts';

/** As the page of the camera sends them: renderer/capture/camera/camera.tsx. */
const SIDE = 480;
const QUALITY = 75;
const PACE = 100;
const FRAMES = Number(process.env.BENCH_FRAMES ?? 300);
const WARM_UP = 20;
/** Milliseconds within which a person has to see what is wrong. */
const BAR = 150;

interface Measured {
  what: string;
  cameras: number;
  answered: number;
  median: number;
  p95: number;
  most: number;
  /** Milliseconds of a core for a frame, of the whole service. */
  cpu: number;
}

/**
 * From a frame to its answer over the WebSocket, with one frame under way for each camera, on an idle box, beside other cameras, and
 * beside an organization that verifies as fast as it can. Asserts nothing.
 */
export async function benchGuidance(say: (line: string) => void): Promise<Evidence> {
  const cli = createCli({});
  try {
    const { organizationId, keys } = await cli.json<{ organizationId: string; keys: { test: string } }>(
      ...['init', '--org', 'Bench'],
    );
    await cli.json('limits', 'set', '--burst', '1000000', '--per-user', '1000000');
    const service = await cli.serve('--log-level', 'error');
    const control = new Agent({ connect: { socketPath: join(cli.data, 'control.sock') } });
    const open = () => openCamera(service, control, organizationId);
    const frames = Object.entries(await framesOf());
    const rows: Measured[] = [];
    const measure = async (what: string, cameras: number, frame: Buffer) => {
      const before = await cpuSeconds(service);
      const watching = Array.from({ length: cameras }, async () => watch(await open(), frame));
      const times = (await Promise.all(watching)).flat();
      const cpu = (1000 * ((await cpuSeconds(service)) - before)) / (cameras * (WARM_UP + FRAMES));
      const row = {
        cpu,
        what,
        cameras,
        answered: times.length,
        median: median(times),
        p95: quantile(times, 0.95),
        most: Math.max(...times),
      };
      rows.push(row);
      say(`guidance: ${what}, ${cameras} cameras: ${row.median.toFixed(0)} ms, p95 ${row.p95.toFixed(0)} ms`);
    };
    for (const [what, frame] of frames) await measure(what, 1, frame);
    const [[, good] = ['', Buffer.alloc(0)]] = frames;
    await measure('a face in place, four at once', 4, good);
    const busy = await verifyAllTheTime(service, keys.test, good);
    await measure('a face in place, beside verifications', 1, good);
    const verifications = await busy.end();
    await service.end();
    return {
      title: 'Guidance',
      measured: { rows, verifications },
      lines: [
        `${FRAMES} frames of ${SIDE}×${SIDE} for each camera, ten a second at most, the next one after the answer, as the page sends them; milliseconds from a frame to its answer. ` +
          `The bar is ${BAR} ms at p95. The verifications beside it are of one key in the test world, four at a time (${verifications} meanwhile).`,
        '',
        ...markdownTable(
          ['frame', 'cameras', 'answered', 'median', 'p95', 'most', 'p95 of the bar', 'CPU ms a frame'],
          rows.map((row) => [
            row.what,
            String(row.cameras),
            `${row.answered} of ${row.cameras * FRAMES}`,
            row.median.toFixed(0),
            row.p95.toFixed(0),
            row.most.toFixed(0),
            `${((100 * row.p95) / BAR).toFixed(0)} %`,
            row.cpu.toFixed(0),
          ]),
        ),
      ],
    };
  } finally {
    await cli.clean();
  }
}

/** The first is good; the others are wrong as a person would see it. */
async function framesOf(): Promise<Record<string, Buffer>> {
  const face = await portrait('ada', 95);
  const jpeg = (picture: Sharp) => picture.jpeg({ quality: QUALITY }).toBuffer();
  const small = await sharp(face).resize(110, 110).toBuffer();
  const canvas = (side = SIDE) =>
    sharp({ create: { width: side, height: side, channels: 3, background: '#8b8f94' } });
  return {
    'a face in place': await jpeg(sharp(face).resize(SIDE, SIDE)),
    'a face too far away': await jpeg(canvas().composite([{ input: small, left: 180, top: 180 }])),
    'no face': await jpeg(canvas()),
  };
}

async function cpuSeconds({ url }: Service): Promise<number> {
  const text = await (await request(`${url}/metrics`)).body.text();
  return Number(/^process_cpu_seconds_total (\S+)/m.exec(text)?.[1]);
}

interface Camera {
  socket: WebSocket;
  ask(frame: Buffer): Promise<{ is: string }>;
}

async function openCamera({ url }: Service, control: Agent, organization: string): Promise<Camera> {
  const { body } = await request(`http://control/api/admin/captures?organization=${organization}&env=live`, {
    method: 'POST',
    dispatcher: control,
  });
  const { token } = (await body.json()) as { token: string };
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/captures/live`, {
    headers: { origin: new URL(url).origin },
  });
  const next = async () => {
    const [{ data }] = (await once(socket as never, 'message')) as [MessageEvent];
    return JSON.parse(String(data)) as { is: string };
  };
  await once(socket as never, 'open');
  socket.send(JSON.stringify({ token }));
  await next();
  return {
    socket,
    ask(frame) {
      const answer = next();
      socket.send(new Uint8Array(frame));
      return answer;
    },
  };
}

/** Milliseconds of each frame that was looked at. */
async function watch({ socket, ask }: Camera, frame: Buffer): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < WARM_UP + FRAMES; i++) {
    const start = performance.now();
    const { is } = await ask(frame);
    const took = performance.now() - start;
    if (is === 'refused' || is === 'ended') throw new Error(`A frame was answered ${is}.`);
    if (i >= WARM_UP && is === 'guidance') times.push(took);
    await pause(Math.max(0, PACE - took));
  }
  socket.close();
  return times;
}

/** Four at a time, from this process; `end` gives how many there were. */
async function verifyAllTheTime({ url }: Service, key: string, picture: Buffer) {
  const post = async (path: string) => {
    const { statusCode, body } = await request(`${url}${path}`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'p@example.com', image: picture.toString('base64') }),
    });
    await body.dump();
    if (statusCode >= 300) throw new Error(`${path} answers ${statusCode}.`);
  };
  await post('/api/enroll');
  let over = false;
  let done = 0;
  const lane = async () => {
    while (!over) {
      await post('/api/verify');
      done++;
    }
  };
  const lanes = Promise.all(Array.from({ length: 4 }, lane));
  return {
    async end(): Promise<number> {
      over = true;
      await lanes;
      return done;
    },
  };
}
