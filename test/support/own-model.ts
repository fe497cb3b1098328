import { createHash } from 'node:crypto';
import type { ModelEntry } from '../../service/inference/models/manifest.ts';
import { modelEntry } from './engine.ts';

/** The smallest file that is taken for ONNX; another one for each mark. */
const onnxFile = (mark: number) => Uint8Array.of(0x08, 8, 0x3a, 3, 0x12, 1, mark);

/** A customer's own model, which is off until it is enabled. */
export function ownModel(id: string, mark: number): { onnx: Uint8Array; entry: ModelEntry } {
  const onnx = onnxFile(mark);
  const sha256 = createHash('sha256').update(onnx).digest('hex');
  const entry = modelEntry(id, 'pad', { origin: 'imported', sha256, enabledByDefault: false });
  return { onnx, entry };
}
