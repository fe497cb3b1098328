import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import sharp from 'sharp';

/**
 * One peer in a process of its own: `node peer.ts human|face-api`. Says `{ ready }`, then answers each `{ picture }`
 * (a path) with `{ milliseconds, faces }`: the peer's own detection call on pixels that are decoded already.
 */
export type PeerMessage =
  | { ready: { version: string; backend: string; threads: number } }
  | { milliseconds: number; faces: number };

// The peers publish no types for these builds; this is what is used of them.
interface Tensor {
  dispose(): void;
}
interface TensorFlow {
  version_core: string;
  tensor(data: Uint8Array, shape: number[], type: 'int32'): Tensor;
  setBackend(name: string): Promise<boolean>;
  getBackend(): string;
  ready(): Promise<void>;
}
interface Wasm {
  setWasmPaths(folder: string): void;
  getThreadsCount(): number;
}
interface Human {
  tf: TensorFlow;
  version: string;
  load(): Promise<void>;
  detect(input: Tensor): Promise<{ face: unknown[] }>;
}
interface Net {
  loadFromDisk(folder: string): Promise<void>;
}
interface FaceApi {
  version: string;
  tf: TensorFlow;
  nets: Record<'ssdMobilenetv1' | 'faceLandmark68Net' | 'faceRecognitionNet', Net>;
  SsdMobilenetv1Options: new (options: object) => object;
  detectAllFaces(
    input: Tensor,
    options: object,
  ): { withFaceLandmarks(): { withFaceDescriptors(): PromiseLike<unknown[]> } };
}

type Detect = (input: Tensor) => Promise<number>;

const require = createRequire(import.meta.url);
const packages = join(import.meta.dirname, 'node_modules');
const wasmFolder = join(packages, '@tensorflow/tfjs-backend-wasm/dist/');

/** The face detector, mesh, iris, description, antispoof and liveness are on, the rest off. */
async function openHuman(): Promise<{ tf: TensorFlow; version: string; detect: Detect }> {
  const models = join(packages, '@vladmandic/human/models/');
  // Without tfjs-node, Human reads its models with fetch only.
  globalThis.fetch = (async (url: string) => new Response(await readFile(new URL(url)))) as typeof fetch;
  const { Human } = require(join(packages, '@vladmandic/human/dist/human.node-wasm.js')) as {
    Human: new (config: object) => Human;
  };
  const on = { enabled: true };
  const off = { enabled: false };
  const human = new Human({
    backend: 'wasm',
    wasmPath: wasmFolder,
    modelBasePath: `file://${models}`,
    debug: false,
    cacheSensitivity: 0,
    filter: off,
    gesture: off,
    face: {
      enabled: true,
      detector: { rotation: true, maxDetected: 10 },
      mesh: on,
      iris: on,
      description: on,
      antispoof: on,
      liveness: on,
      emotion: off,
    },
    body: off,
    hand: off,
    object: off,
    segmentation: off,
  });
  await human.load();
  return {
    tf: human.tf,
    version: human.version,
    detect: async (input) => (await human.detect(input)).face.length,
  };
}

async function openFaceApi(): Promise<{ tf: TensorFlow; version: string; detect: Detect }> {
  const models = join(packages, '@vladmandic/face-api/model');
  const tf = require('@tensorflow/tfjs') as TensorFlow;
  (require('@tensorflow/tfjs-backend-wasm') as Wasm).setWasmPaths(wasmFolder);
  await tf.setBackend('wasm');
  await tf.ready();
  const faceApi = require(join(packages, '@vladmandic/face-api/dist/face-api.node-wasm.js')) as FaceApi;
  const { ssdMobilenetv1, faceLandmark68Net, faceRecognitionNet } = faceApi.nets;
  for (const net of [ssdMobilenetv1, faceLandmark68Net, faceRecognitionNet]) await net.loadFromDisk(models);
  const options = new faceApi.SsdMobilenetv1Options({ minConfidence: 0.5, maxResults: 10 });
  return {
    tf,
    version: faceApi.version,
    detect: async (input) =>
      (await faceApi.detectAllFaces(input, options).withFaceLandmarks().withFaceDescriptors()).length,
  };
}

const { tf, version, detect } = process.argv[2] === 'human' ? await openHuman() : await openFaceApi();
const threads = (require('@tensorflow/tfjs-backend-wasm') as Wasm).getThreadsCount();
const say = (message: PeerMessage): void => void process.send?.(message);

process.on('message', async ({ picture }: { picture: string }) => {
  const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const input = tf.tensor(new Uint8Array(data), [info.height, info.width, 3], 'int32');
  const start = performance.now();
  const faces = await detect(input);
  const milliseconds = performance.now() - start;
  input.dispose();
  say({ milliseconds, faces });
});
say({ ready: { version: String(version), backend: tf.getBackend(), threads } });
