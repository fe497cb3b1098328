import type { InstalledModel } from '../../inference/face.ts';
import type { ModelEntry, PadSetEntry, ScorerEntry } from '../../inference/models/manifest.ts';
import type { FileCheck, ModelLibrary } from '../../inference/models/model-library.ts';
import type { Clock } from '../../lib/clock.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import { type Actor, type Audit, describeActor } from '../audit/index.ts';
import { type ModelSet, missingFrom, modelSetOf } from './model-set.ts';
import { createModelSettingStore, type ModelSettingRow } from './model-setting-store.ts';

export interface ModelReport extends InstalledModel {
  acceptedBy?: string;
  acceptedAt?: number;
}

export interface Models {
  current(): ModelSet;
  list(): Promise<ModelReport[]>;
  /** What Gatehouse knows but does not bring along: sources with their hashes, for a remedy that can be followed. */
  importable(): ModelEntry[];
  /** Ids of imported models that are left out because their file is missing or changed. */
  damaged(): string[];
  /** Hashes every file again. */
  verify(): Promise<FileCheck[]>;
  /** Refuses bytes whose hash is neither pinned by our manifest nor given in `entry` (a customer's own model). */
  import(
    input: { onnx: Uint8Array; entry: ModelEntry; scorers?: ScorerEntry[]; padSets?: PadSetEntry[] },
    actor: Actor,
  ): Promise<ModelReport>;
  /** Throws LICENCE_NOT_ACCEPTED for a doubtful licence without `acceptLicenceDoubt`. */
  enable(id: string, input: { acceptLicenceDoubt: boolean }, actor: Actor): Promise<ModelReport>;
  /** Throws CONFLICT for a model without which nothing can be verified. */
  disable(id: string, actor: Actor): Promise<ModelReport>;
  /** Imported models only; throws CONFLICT for a built-in one. */
  remove(id: string, actor: Actor): Promise<void>;
}

export interface ModelsDeps {
  library: ModelLibrary;
  db: Db;
  inTransaction: InTransaction;
  audit: Audit;
  clock: Clock;
  /** Called after every change of `current`, before the change is reported done: the workers load what is usable now. */
  changed?: () => Promise<void>;
}

/** Reads the settings once; after that `current` answers from memory. */
export async function createModels({
  library,
  db,
  inTransaction,
  audit,
  clock,
  changed = async () => {},
}: ModelsDeps): Promise<Models> {
  const store = createModelSettingStore({ db });
  const settings = new Map((await store.all()).map((row) => [row.model, row]));
  let set = modelSetOf(library.manifest(), isEnabled);

  async function refresh(): Promise<void> {
    set = modelSetOf(library.manifest(), isEnabled);
    await changed();
  }

  function isEnabled({ id, needsLicenceAcceptance }: ModelEntry): boolean {
    const setting = settings.get(id);
    if (needsLicenceAcceptance) return setting?.enabled === 1 && setting.accepted_licence_doubt === 1;
    return setting?.enabled !== 0;
  }

  function entryOf(id: string): ModelEntry {
    const entry = library.manifest().models.find((one) => one.id === id);
    if (entry) return entry;
    const known = library.importable().find((one) => one.id === id);
    if (known)
      throw new Problem('MODEL_NOT_INSTALLED', `The model ${id} is not installed. ${remedy([known])}`);
    throw new Problem('NOT_FOUND', `No model has the id “${id}”: run “gatehouse models list”.`);
  }

  function report(entry: ModelEntry): ModelReport {
    const setting = settings.get(entry.id);
    return {
      id: entry.id,
      name: entry.name,
      role: entry.role,
      sha256: entry.sha256,
      maturity: entry.maturity,
      licence: entry.licence,
      provenance: entry.provenance,
      ...(entry.doubts === undefined ? {} : { doubts: entry.doubts }),
      enabled: isEnabled(entry),
      ...(setting?.accepted_licence_doubt === 1
        ? { acceptedBy: setting.set_by, acceptedAt: setting.set_at }
        : {}),
    };
  }

  /** Throws CONFLICT when nothing could be verified with what would be left. */
  function refuseWithout(id: string): void {
    const manifest = library.manifest();
    const missing = missingFrom(
      modelSetOf(manifest, (entry) => entry.id !== id && isEnabled(entry)),
      manifest,
    );
    if (missing)
      throw new Problem('CONFLICT', `Without ${id} no face can be verified: ${missing} would be missing.`);
  }

  async function put(
    entry: ModelEntry,
    row: ModelSettingRow,
    action: string,
    actor: Actor,
  ): Promise<ModelReport> {
    await inTransaction(async (tx: Tx) => {
      await store.put(tx, row);
      await audit.add(tx, {
        actor,
        action,
        target: entry.id,
        details: { sha256: entry.sha256, acceptedLicenceDoubt: row.accepted_licence_doubt === 1 },
      });
    });
    settings.set(entry.id, row);
    await refresh();
    return report(entry);
  }

  return {
    current: () => set,
    list: async () => library.manifest().models.map(report),
    importable: () => library.importable(),
    damaged: () => library.damaged().map(({ id }) => id),
    verify: () => library.verify(),
    async import({ onnx, entry, scorers = [], padSets = [] }, actor) {
      const pinned = library.importable().find(({ id }) => id === entry.id);
      if (pinned && pinned.sha256 !== entry.sha256) {
        throw new Problem(
          'INVALID_REQUEST',
          `The file for ${entry.id} is not the one Gatehouse knows: expected SHA-256 ${pinned.sha256}, found ${entry.sha256}.`,
        );
      }
      await library.add(entry, onnx, { scorers, padSets });
      try {
        await inTransaction((tx: Tx) =>
          audit.add(tx, {
            actor,
            action: 'models.import',
            target: entry.id,
            details: {
              sha256: entry.sha256,
              pinned: pinned !== undefined,
              scorers: scorers.map(({ id }) => id),
              padSets: padSets.map(({ id }) => id),
            },
          }),
        );
      } catch (error) {
        await library.remove(entry.id);
        throw error;
      }
      await refresh();
      return report(entryOf(entry.id));
    },
    async enable(id, { acceptLicenceDoubt }, actor) {
      const entry = entryOf(id);
      const before = settings.get(id);
      const accepted =
        before?.accepted_licence_doubt === 1 || (entry.needsLicenceAcceptance && acceptLicenceDoubt);
      if (entry.needsLicenceAcceptance && !accepted) {
        throw new Problem(
          'LICENCE_NOT_ACCEPTED',
          `${entry.name} is off because its licence is in doubt: ${entry.doubts ?? entry.licence} Enable it with “gatehouse models enable ${id} --accept-licence-doubt”, which is recorded with your name and the time.`,
        );
      }
      // Who accepted the doubt, and when, stays on record while the model is switched off and on.
      const keep =
        before?.accepted_licence_doubt === 1 ? before : { set_by: describeActor(actor), set_at: clock.now() };
      const row = {
        model: id,
        enabled: 1,
        accepted_licence_doubt: accepted ? 1 : 0,
        set_by: keep.set_by,
        set_at: keep.set_at,
      };
      return put(entry, row, 'models.enable', actor);
    },
    async disable(id, actor) {
      const entry = entryOf(id);
      refuseWithout(id);
      const before = settings.get(id);
      const keep =
        before?.accepted_licence_doubt === 1 ? before : { set_by: describeActor(actor), set_at: clock.now() };
      const row = {
        model: id,
        enabled: 0,
        accepted_licence_doubt: before?.accepted_licence_doubt ?? 0,
        set_by: keep.set_by,
        set_at: keep.set_at,
      };
      return put(entry, row, 'models.disable', actor);
    },
    async remove(id, actor) {
      const damaged = library.damaged().find((one) => one.id === id);
      const sha256 = damaged?.expected ?? entryOf(id).sha256;
      if (!damaged && entryOf(id).origin === 'imported') refuseWithout(id);
      await inTransaction(async (tx: Tx) => {
        await store.remove(tx, id);
        await audit.add(tx, {
          actor,
          action: 'models.remove',
          target: id,
          details: { sha256 },
        });
        // Last: without its line in the log no file goes.
        await library.remove(id);
      });
      settings.delete(id);
      await refresh();
    },
  };
}

/** Where the source files of these models come from, their SHA-256 and the one command that imports them. */
export function remedy(entries: readonly ModelEntry[]): string {
  const sources = entries.flatMap(({ sources }) => sources);
  if (sources.length === 0) return 'Import one with “gatehouse models import FILE”.';
  const files = sources.map(({ file, sha256 }) => `${file} (SHA-256 ${sha256})`);
  const places = [...new Set(sources.flatMap(({ url }) => url ?? []))];
  const from = places.length > 0 ? ` from ${places.join(' and ')}` : '';
  return `Get ${files.join(' and ')}${from}, then run “gatehouse models import ${sources.map(({ file }) => file).join(' ')}”.`;
}
