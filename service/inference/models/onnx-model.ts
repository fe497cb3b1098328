import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { InferenceSession as Session } from 'onnxruntime-node';
import type { ModelEntry } from './manifest.ts';
import { findExternalReference } from './onnx-file.ts';
import { InferenceSession, listSupportedBackends, Tensor } from './onnx-runtime.ts';

/** A model ready to run. */
export interface OnnxModel {
  entry: ModelEntry;
  /** Width and height of the input are free (`entry.input.size` is then the largest). */
  resizable: boolean;
  /** `input` holds `batch` pictures of `width` by `height`, as `entry.input` states. Answers by the decoder's names. */
  run(
    input: Float32Array,
    batch: number,
    size?: readonly [number, number],
  ): Promise<Record<string, Float32Array>>;
}

export interface OpenModel extends OnnxModel {
  /** Gives its memory back. */
  release(): Promise<void>;
}

export interface ModelFile {
  entry: ModelEntry;
  path: string;
}

export type Provider = 'cpu' | 'cuda' | 'webgpu' | 'coreml' | 'dml';

/**
 * Reads the file, compares its SHA-256 with the manifest's and makes a session of one thread. Throws Error naming the
 * file when it differs or is not a model, and where the provider cannot be used.
 */
export async function openOnnxModel(
  { entry, path }: ModelFile,
  provider: Provider = 'cpu',
): Promise<OpenModel> {
  const bytes = await readFile(path);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== entry.sha256) {
    throw new Error(`The model file ${path} changed: expected SHA-256 ${entry.sha256}, found ${found}.`);
  }
  const reference = findExternalReference(bytes);
  if (reference !== undefined)
    throw new Error(`The model file ${path} has ${reference}: import it as one file.`);
  const session = await createSession(bytes, provider);
  const names = Object.entries(entry.outputs);
  for (const [, name] of names) {
    if (!session.outputNames.includes(name)) throw new Error(`The model ${entry.id} has no output ${name}.`);
  }
  if (!session.inputNames.includes(entry.inputName)) {
    throw new Error(`The model ${entry.id} has no input ${entry.inputName}.`);
  }
  const wanted = names.map(([, name]) => name);
  const planar = entry.input.layout === 'NCHW';
  const metadata = session.inputMetadata.find(({ name }) => name === entry.inputName);
  const shape = metadata?.isTensor ? metadata.shape : [];
  return {
    entry,
    resizable: typeof shape[planar ? 2 : 1] === 'string',
    async run(input, batch, [width, height] = entry.input.size) {
      const dims = planar ? [batch, 3, height, width] : [batch, height, width, 3];
      const length = batch * width * height * 3;
      const data = input.length === length ? input : input.subarray(0, length);
      const results = await session.run({ [entry.inputName]: new Tensor('float32', data, dims) }, wanted);
      return Object.fromEntries(names.map(([key, name]) => [key, results[name]!.data as Float32Array]));
    },
    release: () => session.release(),
  };
}

/** The runtime drops a provider that it does not know silently. What the provider cannot run of a graph, the CPU runs. */
async function createSession(bytes: Uint8Array, provider: Provider): Promise<Session> {
  if (!listSupportedBackends().some(({ name }) => name === provider))
    throw new Error(`${provider} is not part of the ONNX Runtime for this platform.`);
  return InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
  });
}
