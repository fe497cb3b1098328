import type { InstalledModel } from '../../inference/face.ts';
import type { Manifest, ModelEntry, PadSetEntry, ScorerEntry } from '../../inference/models/manifest.ts';
import type { FileCheck, ModelLibrary } from '../../inference/models/model-library.ts';
import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
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
  /** Models that Gatehouse knows but does not ship: sources with their hashes, for instructions in errors. */
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
export async function createModels(deps: ModelsDeps): Promise<Models> {
  const { library, db, inTransaction, audit, clock, changed = async () => {} } = deps;
  const store = createModelSettingStore({ db });
  const settings = new Map((await store.all()).map((row) => [row.model, row]));
  const isEnabled = (entry: ModelEntry) => isEnabledBy(settings.get(entry.id), entry);
  let set = modelSetOf(library.manifest(), isEnabled);

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
    const { set_by, set_at } = hasAccepted(before)
      ? before
      : { set_by: describeActor(actor), set_at: clock.now() };
    const row = {
      ...{ model: entry.id, enabled: Number(enabled), accepted_licence_doubt: Number(accepted) },
      // Who accepted the doubt, and when, stays on record while the model is switched off and on.
      ...{ set_by, set_at },
    };
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
    list: async () => library.manifest().models.map(report),
    importable: () => library.importable(),
    damaged: () => library.damaged().map(({ id }) => id),
    verify: () => library.verify(),
    async import(input, actor) {
      await importModel(deps, input, actor);
      await refresh();
      return report(requireModel(library, input.entry.id));
    },
    async enable(id, { acceptLicenceDoubt }, actor) {
      const entry = requireModel(library, id);
      const accepted = hasAccepted(settings.get(id)) || (entry.needsLicenceAcceptance && acceptLicenceDoubt);
      if (entry.needsLicenceAcceptance && !accepted) throw doubtfulLicence(entry);
      return put(entry, { enabled: true, accepted }, actor);
    },
    async disable(id, actor) {
      const entry = requireModel(library, id);
      refuseWithout(id, library.manifest(), isEnabled);
      return put(entry, { enabled: false, accepted: hasAccepted(settings.get(id)) }, actor);
    },
    async remove(id, actor) {
      const damaged = library.damaged().find((one) => one.id === id);
      const sha256 = damaged?.expected ?? requireModel(library, id).sha256;
      if (!damaged && requireModel(library, id).origin === 'imported')
        refuseWithout(id, library.manifest(), isEnabled);
      await inTransaction(async (tx: Tx) => {
        await store.remove(tx, id);
        await audit.add(tx, { actor, action: 'models.remove', target: id, details: { sha256 } });
        // Last: without its line in the log no file goes.
        await library.remove(id);
      });
      settings.delete(id);
      await refresh();
    },
  };
}

const hasAccepted = (setting: ModelSettingRow | undefined): setting is ModelSettingRow =>
  setting?.accepted_licence_doubt === 1;

const isEnabledBy = (
  setting: ModelSettingRow | undefined,
  { needsLicenceAcceptance }: ModelEntry,
): boolean =>
  needsLicenceAcceptance ? hasAccepted(setting) && setting.enabled === 1 : setting?.enabled !== 0;

function toReport(entry: ModelEntry, setting: ModelSettingRow | undefined): ModelReport {
  const { id, name, role, sha256, maturity, licence, provenance, doubts } = entry;
  return {
    ...{ id, name, role, sha256, maturity, licence, provenance },
    ...defined({ doubts }),
    enabled: isEnabledBy(setting, entry),
    ...(hasAccepted(setting) && { acceptedBy: setting.set_by, acceptedAt: setting.set_at }),
  };
}

/** Throws MODEL_NOT_INSTALLED for one that Gatehouse knows, NOT_FOUND for any other. */
function requireModel(library: ModelLibrary, id: string): ModelEntry {
  const entry = library.manifest().models.find((one) => one.id === id);
  if (entry) return entry;
  const known = library.importable().find((one) => one.id === id);
  if (known) throw new Problem('MODEL_NOT_INSTALLED', `The model ${id} is not installed. ${remedy([known])}`);
  throw new Problem('NOT_FOUND', `No model has the id “${id}”: run “gatehouse models list”.`);
}

/** Throws CONFLICT when nothing could be verified with what would be left. */
function refuseWithout(id: string, manifest: Manifest, isEnabled: (entry: ModelEntry) => boolean): void {
  const rest = modelSetOf(manifest, (entry) => entry.id !== id && isEnabled(entry));
  const missing = missingFrom(rest, manifest);
  if (missing)
    throw new Problem('CONFLICT', `Without ${id} no face can be verified: ${missing} would be missing.`);
}

const doubtfulLicence = ({ id, name, doubts, licence }: ModelEntry): Problem =>
  new Problem(
    'LICENCE_NOT_ACCEPTED',
    `${name} is off because its licence is in doubt: ${doubts ?? licence} Enable it with “gatehouse models enable ${id} --accept-licence-doubt”, which is recorded with your name and the time.`,
  );

/** The file, then its line in the log; without the line no file stays. */
async function importModel(
  { library, inTransaction, audit }: ModelsDeps,
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
  await library.add(entry, onnx, { scorers, padSets });
  const details = {
    ...{ sha256, pinned: pinned !== undefined },
    scorers: scorers.map((one) => one.id),
    padSets: padSets.map((one) => one.id),
  };
  try {
    await inTransaction((tx) => audit.add(tx, { actor, action: 'models.import', target: id, details }));
  } catch (error) {
    await library.remove(id);
    throw error;
  }
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
