import type { ModelEntry } from '../../service/inference/models/manifest.ts';
import type { OpenModel } from '../../service/inference/models/onnx-model.ts';

/** A net of the decoder `minifasnet` for pictures of two by one pixels: it answers their mean value. */
export function fakeNet(
  id: string,
  more: { batch?: boolean; run?: OpenModel['run']; off?: number } = {},
): OpenModel & { runs: number[]; isReleased(): boolean } {
  let released = false;
  const runs: number[] = [];
  const { batch = true, off = 0 } = more;
  return {
    entry: {
      id,
      role: 'pad',
      decoder: 'minifasnet',
      outputs: { live: 'live' },
      input: { size: [2, 1], layout: 'NCHW', colour: 'RGB', mean: [0, 0, 0], scale: [255, 255, 255], batch },
    } as unknown as ModelEntry,
    resizable: false,
    runs,
    async run(input, count, size) {
      runs.push(count);
      if (more.run) return more.run(input, count, size);
      const length = input.length / count;
      const mean = (i: number) =>
        input.subarray(i * length, (i + 1) * length).reduce((sum, value) => sum + value, 0) / length;
      return { live: Float32Array.from({ length: count }, (_, i) => mean(i) + off) };
    },
    async release() {
      released = true;
    },
    isReleased: () => released,
  };
}
