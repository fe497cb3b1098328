import { readFile } from 'node:fs/promises';
import type { InstalledModel } from '../../inference/face.ts';
import type { Manifest, ModelEntry, PadSetEntry, ScorerEntry } from '../../inference/models/manifest.ts';
import type { FileCheck, ModelLibrary } from '../../inference/models/model-library.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import type { RowIntegrity, Tx } from '../../storage/transaction.ts';
import { type Actor, describeActor, type Foundation } from '../audit/index.ts';
import { forecast, type ModelChange, type ModelForecast } from './forecast.ts';
import { doubtfulLicence, type ModelSet, modelSetOf, refuseWithout, requireModel } from './model-set.ts';
import type { SharedModels } from './model-store.ts';
import { createModelSettingStore, type ModelSettingRow } from './model-store.ts';

export interface ModelReport
  extends InstalledModel,
    Pick<ModelEntry, 'origin' | 'accuracy' | 'sources' | 'needsLicenceAcceptance'> {
  acceptedBy?: string;
  acceptedAt?: number;
}

export interface Models {
  current(): ModelSet;
  list(): Promise<ModelReport[]>;
  /** Scorers and PAD sets, whether their models are installed or not. */
  combinations(): Pick<Manifest, 'scorers' | 'padSets'>;
  /** Models that Gatehouse knows but does not ship: sources with their hashes, for instructions in errors. */
  importable(): ModelEntry[];
  /** Ids of imported models that are left out because their file is missing or changed. */
  damaged(): string[];
  /** Hashes every file again. */
  verify(): Promise<FileCheck[]>;
  /**
   * Refuses bytes whose hash is neither pinned by our manifest nor given in `entry` (a customer's own model). Changes nothing where `entry`
   * is that of a model that comes with Gatehouse.
   */
  import(
    input: { onnx: Uint8Array; entry: ModelEntry; scorers?: ScorerEntry[]; padSets?: PadSetEntry[] },
    actor: Actor,
  ): Promise<ModelReport>;
  /** Throws LICENCE_NOT_ACCEPTED for a doubtful licence without `acceptLicenceDoubt`. */
  enable(id: string, input: { acceptLicenceDoubt: boolean }, actor: Actor): Promise<ModelReport>;
  /** Throws CONFLICT for a model without which nothing can be verified. */
  disable(id: string, actor: Actor): Promise<ModelReport>;
  /**
   * What these changes, in their order, would leave in use; nothing is changed. Throws NOT_FOUND or MODEL_NOT_INSTALLED for a
   * model that is not there.
   */
  forecast(changes: readonly ModelChange[]): ModelForecast;
  /** Reads the imports and settings again, which another node changed. */
  reload(): Promise<void>;
  /** Imported models only; throws CONFLICT for a built-in one. */
  remove(id: string, actor: Actor): Promise<void>;
}

export interface ModelsDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'clock'> {
  library: ModelLibrary;
  integrity: RowIntegrity;
  /** Where several nodes share the imports. */
  shared?: SharedModels | undefined;
  /** Called after every change of `current`, before the change is reported done: the workers load what is usable now. */
  changed?: () => Promise<void>;
}

/** Reads the settings once; after that `current` answers from memory. */
export async function createModels(deps: ModelsDeps): Promise<Models> {
  const { library, db, inTransaction, integrity, audit, clock, shared, changed = async () => {} } = deps;
  if (shared) await beginSharing(deps, shared);
  const store = createModelSettingStore({ db, integrity });
  const settings = new Map((await store.all()).map((row) => [row.model, row]));
  const isEnabled = (entry: ModelEntry) => isEnabledBy(settings.get(entry.id), entry);
  let set = modelSetOf(library.manifest(), isEnabled);

  const known = () => ({ manifest: library.manifest(), importable: library.importable() });
  const damaged = () => library.damaged().map(({ id }) => id);
  const accepts = (id: string) => hasAccepted(settings.get(id));
  const report = (entry: ModelEntry) => toReport(entry, settings.get(entry.id));

  async function refresh(): Promise<void> {
    set = modelSetOf(library.manifest(), isEnabled);
    await changed();
  }

  async function put(
    entry: ModelEntry,
    { enabled, accepted }: { enabled: boolean; accepted: boolean },
    actor: Actor,
  ): Promise<ModelReport> {
    const before = settings.get(entry.id);
    // Who accepted the doubt, and when, stays on record while the model is switched off and on.
    const by = hasAccepted(before) ? before : { set_by: describeActor(actor), set_at: clock.now() };
    const state = { enabled: Number(enabled), accepted_licence_doubt: Number(accepted) };
    const row = { model: entry.id, ...state, set_by: by.set_by, set_at: by.set_at };
    await inTransaction(async (tx: Tx) => {
      await store.put(tx, row);
      const details = { sha256: entry.sha256, acceptedLicenceDoubt: accepted };
      const action = enabled ? 'models.enable' : 'models.disable';
      await audit.add(tx, { actor, action, target: entry.id, details });
    });
    settings.set(entry.id, row);
    await refresh();
    return report(entry);
  }

  return {
    current: () => set,
    async reload() {
      if (shared) await library.follow(await shared.manifest(), shared.bytes);
      const rows = await store.all();
      settings.clear();
      for (const row of rows) settings.set(row.model, row);
      await refresh();
    },
    list: async () => library.manifest().models.map(report),
    combinations: () => library.manifest(),
    importable: () => library.importable(),
    damaged,
    verify: () => library.verify(),
    async import(input, actor) {
      const { id, sha256, origin } = input.entry;
      const own = library.manifest().models.find((one) => one.id === id);
      if (origin === 'built' && own?.sha256 === sha256) return report(own);
      await importModel(deps, input, actor);
      await refresh();
      return report(requireModel(known(), input.entry.id));
    },
    async enable(id, { acceptLicenceDoubt }, actor) {
      const entry = requireModel(known(), id);
      const accepted = accepts(id) || (entry.needsLicenceAcceptance && acceptLicenceDoubt);
      if (entry.needsLicenceAcceptance && !accepted) throw doubtfulLicence(entry);
      return put(entry, { enabled: true, accepted }, actor);
    },
    async disable(id, actor) {
      const entry = requireModel(known(), id);
      refuseWithout(id, library.manifest(), isEnabled);
      return put(entry, { enabled: false, accepted: accepts(id) }, actor);
    },
    forecast: (changes) =>
      forecast({ ...known(), isEnabled, hasAccepted: accepts, damaged: damaged() }, changes),
    async remove(id, actor) {
      const damaged = library.damaged().find((one) => one.id === id);
      const sha256 = damaged?.expected ?? requireModel(known(), id).sha256;
      if (!damaged && requireModel(known(), id).origin === 'imported')
        refuseWithout(id, library.manifest(), isEnabled);
      await removeModel({ ...deps, store }, { id, sha256 }, actor);
      settings.delete(id);
      await refresh();
    },
  };
}

const hasAccepted = (setting: ModelSettingRow | undefined): setting is ModelSettingRow =>
  setting?.accepted_licence_doubt === 1;

function isEnabledBy(
  setting: ModelSettingRow | undefined,
  { needsLicenceAcceptance, enabledByDefault = true }: ModelEntry,
): boolean {
  if (needsLicenceAcceptance) return hasAccepted(setting) && setting.enabled === 1;
  return setting === undefined ? enabledByDefault : setting.enabled === 1;
}

function toReport(entry: ModelEntry, setting: ModelSettingRow | undefined): ModelReport {
  const { id, name, role, sha256, maturity, licence, provenance, doubts, origin, accuracy, sources } = entry;
  return {
    id,
    name,
    role,
    sha256,
    maturity,
    licence,
    provenance,
    origin,
    accuracy,
    sources,
    needsLicenceAcceptance: entry.needsLicenceAcceptance,
    ...defined({ doubts }),
    enabled: isEnabledBy(setting, entry),
    ...(hasAccepted(setting) && { acceptedBy: setting.set_by, acceptedAt: setting.set_at }),
  };
}

async function removeModel(
  {
    store,
    library,
    inTransaction,
    audit,
    shared,
  }: ModelsDeps & { store: ReturnType<typeof createModelSettingStore> },
  { id, sha256 }: { id: string; sha256: string },
  actor: Actor,
): Promise<void> {
  await inTransaction(async (tx: Tx) => {
    await store.remove(tx, id);
    await shared?.remove(tx, id);
    await audit.add(tx, { actor, action: 'models.remove', target: id, details: { sha256 } });
    // Last: without its line in the log no file goes.
    await library.remove(id);
  });
}

/** The imports of the first node become those of all; from then on a node has what the database says. */
async function beginSharing(
  { library, inTransaction, clock }: ModelsDeps,
  shared: SharedModels,
): Promise<void> {
  const there = await shared.manifest();
  const own = library.imported();
  if (there.models.length === 0) {
    for (const { path, entry } of library.catalog().files) {
      if (own.models.every(({ id }) => id !== entry.id)) continue;
      await shared.keepBytes(await readFile(path));
      const of = {
        scorers: own.scorers.filter(({ terms }) => terms.some(({ model }) => model === entry.id)),
        padSets: own.padSets.filter(({ models }) => models.some(({ model }) => model === entry.id)),
      };
      await inTransaction((tx) => shared.put(tx, { entry, ...of }, clock.now()));
    }
  }
  await library.follow(await shared.manifest(), shared.bytes);
}

/** The file, then its line in the log; without the line no file stays. */
async function importModel(
  { library, inTransaction, audit, clock, shared }: ModelsDeps,
  { onnx, entry, scorers = [], padSets = [] }: Parameters<Models['import']>[0],
  actor: Actor,
): Promise<void> {
  const { id, sha256 } = entry;
  const pinned = library.importable().find((one) => one.id === id);
  if (pinned && pinned.sha256 !== sha256) {
    throw new Problem(
      'INVALID_REQUEST',
      `The file for ${id} is not the one Gatehouse knows: expected SHA-256 ${pinned.sha256}, found ${sha256}.`,
    );
  }
  await shared?.keepBytes(onnx);
  const kept = await library.add(entry, onnx, { scorers, padSets });
  const details = {
    sha256,
    pinned: pinned !== undefined,
    scorers: scorers.map((one) => one.id),
    padSets: padSets.map((one) => one.id),
  };
  try {
    await inTransaction(async (tx) => {
      await shared?.put(tx, { entry: kept, scorers, padSets }, clock.now());
      await audit.add(tx, { actor, action: 'models.import', target: id, details });
    });
  } catch (error) {
    await library.remove(id);
    await shared?.dropUnused(sha256);
    throw error;
  }
}
