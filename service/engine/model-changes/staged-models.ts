import type { ModelEntry, PadSetEntry, ScorerEntry } from '../../inference/models/manifest.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Id, Ids } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';

export type StagedId = Id<'stagedModel'>;

/** A file as an administrator has it. */
export interface ModelFile {
  name: string;
  bytes: Uint8Array;
  /** What the JSON beside a model of the customer says of it. */
  entry?: unknown;
}

/** A file that was converted and tried. */
export interface ReadModel {
  onnx: Uint8Array;
  entry: ModelEntry;
  scorers: readonly ScorerEntry[];
  padSets: readonly PadSetEntry[];
}

/** A model that may be imported until `expiresAt`. */
export interface StagedModel {
  id: StagedId;
  file: string;
  bytes: number;
  model: ReadModel;
  expiresAt: number;
}

const LIFETIME = 15 * 60_000;
const MOST = 8;
const MOST_BYTES = 1_000_000_000;

/** Models between the look at their file and their import, in memory. The oldest go where there are too many. */
export function createStagedModels({
  readImport,
  ids,
  clock,
}: {
  /** Throws Problem INVALID_REQUEST with what to do. */
  readImport(file: ModelFile): Promise<ReadModel>;
  ids: Ids;
  clock: Clock;
}) {
  const staged = new Map<string, StagedModel>();

  function tidy(): void {
    for (const { id, expiresAt } of staged.values()) if (expiresAt <= clock.now()) staged.delete(id);
    const bytes = () => [...staged.values()].reduce((sum, { model }) => sum + model.onnx.byteLength, 0);
    while (staged.size > MOST || (staged.size > 1 && bytes() > MOST_BYTES)) {
      const [oldest] = staged.keys();
      staged.delete(oldest!);
    }
  }

  return {
    async add(file: ModelFile): Promise<StagedModel> {
      const model = await readImport(file);
      const one: StagedModel = {
        id: ids.next('stagedModel'),
        file: file.name,
        bytes: file.bytes.byteLength,
        model,
        expiresAt: clock.now() + LIFETIME,
      };
      staged.set(one.id, one);
      tidy();
      return one;
    },
    /** Throws NOT_FOUND. */
    get(id: string): StagedModel {
      tidy();
      const one = staged.get(id);
      if (one) return one;
      throw new Problem(
        'NOT_FOUND',
        'This file is not held any more: files that were looked at wait 15 minutes for their import. Give the file again.',
      );
    },
    remove: (id: string): boolean => staged.delete(id),
  };
}
