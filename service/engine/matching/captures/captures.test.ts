import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, startEngine } from '../../../../test/support/engine.ts';
import { analysisOf, emptyAnalysis, type FaceScript } from '../../../../test/support/faces.ts';
import type { Analysis } from '../../../inference/face.ts';
import { createCaptures } from './captures.ts';

const minutes = (count: number) => count * 60_000;

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());

const realm = (by = 'administrator adm_1') => ({
  organization: engine.organization,
  world: 'live' as const,
  by,
});
/** The head of a JPEG of this size, and nothing behind it. */
function jpeg(width = 640, height = 480): Uint8Array {
  const head = Buffer.from(
    'ffd8ffe000104a46494600010100000100010000ffc000110800000000030111000211010311010000',
    'hex',
  );
  head.writeUInt16BE(height, 25);
  head.writeUInt16BE(width, 27);
  return head;
}

/** An analyzer that sees this in every frame. */
const seeing = (analysis: Analysis) =>
  createCaptures({ ...engine, analyzer: { analyze: async () => analysis } });

async function guidanceFor(script: FaceScript | Analysis) {
  const captures = seeing('faces' in script ? script : analysisOf('frame', script));
  const link = captures.connect(captures.open(realm()).token);
  const answer = await link.submitFrame(jpeg());
  if (answer.is === 'dropped') throw new Error('The first frame was dropped.');
  return answer.good ? 'good' : `${answer.worst?.step} ${answer.worst?.code}`;
}

test.each<[string, FaceScript | Analysis]>([
  ['good', {}],
  ['face FACE_NOT_FOUND', emptyAnalysis('frame')],
  ['face SEVERAL_FACES', { others: [190] }],
  ['distance TOO_FAR', { quality: { interEyeDistance: 30 } }],
  ['distance TOO_FAR', { quality: { frameShare: 0.18 } }],
  ['distance TOO_CLOSE', { quality: { frameShare: 0.78 } }],
  ['distance NO_MARGIN', { quality: { margin: 0.02 } }],
  ['light TOO_DARK', { quality: { luminance: 0.08 } }],
  ['light TOO_BRIGHT', { quality: { luminance: 0.93 } }],
  ['pose NOT_FRONTAL', { quality: { pose: { yaw: 38, pitch: 0, roll: 0 } } }],
  ['eyes EYES_CLOSED', { quality: { eyesOpen: 0.06 } }],
  ['focus BLURRED', { quality: { sharpness: 4 } }],
])('%s', async (expected, script) => {
  expect(await guidanceFor(script)).toBe(expected);
});

test('the first thing to put right is said, however bad the others are', async () => {
  const quality = {
    interEyeDistance: 36,
    luminance: 0.01,
    eyesOpen: 0,
    pose: { yaw: 60, pitch: 0, roll: 0 },
  };
  expect(await guidanceFor({ quality })).toBe('distance TOO_FAR');
});

test('what is in order is named, so that the page can tick it off', async () => {
  const captures = seeing(analysisOf('frame', { quality: { eyesOpen: 0.05 } }));
  const link = captures.connect(captures.open(realm()).token);
  expect(await link.submitFrame(jpeg())).toMatchObject({
    passed: ['face', 'distance', 'light', 'pose', 'focus'],
    worst: { advice: 'Open your eyes.' },
  });
});

test('a token is good for ten minutes and for one connection at a time', async () => {
  const captures = seeing(analysisOf('frame'));
  const { token, expiresAt } = captures.open(realm());
  expect(expiresAt).toBe(engine.clock.now() + minutes(10));
  const link = captures.connect(token);
  expect(() => captures.connect(token)).toThrow(expect.objectContaining({ code: 'CONFLICT' }));
  link.close();
  const again = captures.connect(token);
  engine.advance(minutes(10));
  await expect(again.submitFrame(jpeg())).rejects.toMatchObject({ code: 'MISSING_AUTH' });
  again.close();
  expect(() => captures.connect(token)).toThrow(expect.objectContaining({ code: 'MISSING_AUTH' }));
  expect(() => captures.connect('guessed')).toThrow(expect.objectContaining({ code: 'MISSING_AUTH' }));
});

test('frames that come too fast, or while one is at work, are dropped', async () => {
  const asked = Promise.withResolvers<Analysis>();
  let analyzed = 0;
  const captures = createCaptures({
    ...engine,
    analyzer: {
      analyze() {
        analyzed++;
        return asked.promise;
      },
    },
  });
  const link = captures.connect(captures.open(realm()).token);
  const first = link.submitFrame(jpeg());
  engine.advance(1000);
  expect(await link.submitFrame(jpeg())).toEqual({ is: 'dropped' });
  asked.resolve(analysisOf('frame'));
  expect(await first).toMatchObject({ is: 'guidance', good: true });
  expect(await link.submitFrame(jpeg())).toMatchObject({ is: 'guidance' });
  expect(await link.submitFrame(jpeg())).toEqual({ is: 'dropped' });
  expect(analyzed).toBe(2);
});

test('the face is followed for two frames, then searched for; nothing of it outlives the connection', async () => {
  const followed: boolean[] = [];
  let analysis = analysisOf('frame');
  const captures = createCaptures({
    ...engine,
    analyzer: {
      async analyze(_, { follow }) {
        followed.push(follow !== undefined);
        return analysis;
      },
    },
  });
  const { token } = captures.open(realm());
  const look = async (link: ReturnType<typeof captures.connect>, count: number) => {
    for (let i = 0; i < count; i++) {
      engine.advance(100);
      await link.submitFrame(jpeg());
    }
    return followed.splice(0);
  };
  const link = captures.connect(token);
  expect(await look(link, 5)).toEqual([false, true, true, false, true]);
  link.close();
  const again = captures.connect(token);
  expect(await look(again, 1)).toEqual([false]);
  analysis = analysisOf('frame', { others: [190] });
  expect(await look(again, 2)).toEqual([true, false]);
  analysis = emptyAnalysis('frame');
  expect(await look(again, 2)).toEqual([false, false]);
});

test.each([
  ['no JPEG', new Uint8Array(100), 'IMAGE_FORMAT_UNSUPPORTED'],
  ['a JPEG cut off in its head', jpeg().subarray(0, 12), 'IMAGE_FORMAT_UNSUPPORTED'],
  ['more pixels than a frame has', jpeg(30_000, 30_000), 'IMAGE_TOO_LARGE'],
  ['more bytes than a frame has', Buffer.concat([jpeg(), new Uint8Array(256 * 1024)]), 'IMAGE_TOO_LARGE'],
])('%s never reaches the decoder', async (_name, frame, code) => {
  const captures = createCaptures({
    ...engine,
    analyzer: {
      analyze: () => Promise.reject(new Error('It reached the decoder.')),
    },
  });
  const link = captures.connect(captures.open(realm()).token);
  await expect(link.submitFrame(frame)).rejects.toMatchObject({ code });
});

test('of the sessions that one opener has, the 16 that were used last go on: a busy kiosk is never refused', () => {
  const captures = seeing(analysisOf('frame'));
  const tokens = Array.from({ length: 60 }, () => {
    engine.advance(10_000);
    return captures.open(realm('kiosk')).token;
  });
  const isOpen = (token: string) => {
    try {
      captures.connect(token).close();
      return true;
    } catch {
      return false;
    }
  };
  expect(tokens.map(isOpen)).toEqual(tokens.map((_, at) => at >= 44));
});

test('a flood of one opener ends its own idle sessions, and neither one that gets frames nor those of others', async () => {
  const captures = seeing(analysisOf('frame'));
  const idle = captures.open(realm('flooding'));
  const watching = captures.connect(captures.open(realm('flooding')).token);
  const others = ['a', 'b'].map((by) => captures.connect(captures.open(realm(by)).token));
  for (let i = 0; i < 300; i++) {
    captures.open(realm('flooding'));
    if (i % 10 > 0) continue;
    engine.advance(100);
    expect(await watching.submitFrame(jpeg())).toMatchObject({ is: 'guidance' });
  }
  expect(() => captures.connect(idle.token)).toThrow(expect.objectContaining({ code: 'MISSING_AUTH' }));
  expect([watching, ...others].map((link) => link.isOver())).toEqual([false, false, false]);
  expect(captures.open(realm('c')).token).toHaveLength(43);
});

test('the connection of a session that made room is over, and takes no frame', async () => {
  const captures = seeing(analysisOf('frame'));
  const link = captures.connect(captures.open(realm()).token);
  for (let i = 0; i < 16; i++) captures.open(realm());
  expect(link.isOver()).toBe(true);
  await expect(link.submitFrame(jpeg())).rejects.toMatchObject({ code: 'MISSING_AUTH' });
  link.close();
});
