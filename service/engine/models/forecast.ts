import { z } from 'zod';
import type { Manifest, ModelEntry, PadSetEntry, ScorerEntry } from '../../inference/models/manifest.ts';
import { Problem, type ProblemCode } from '../../lib/problem.ts';
import {
  doubtfulLicence,
  type KnownModels,
  type ModelSet,
  modelSetOf,
  refuseWithout,
  requireModel,
} from './model-set.ts';

export type ModelChange =
  | { is: 'enable'; id: string; acceptLicenceDoubt: boolean }
  | { is: 'disable'; id: string }
  | { is: 'remove'; id: string }
  | {
      is: 'import';
      entry: ModelEntry;
      scorers: readonly ScorerEntry[];
      padSets: readonly PadSetEntry[];
    };

/** What changes of the models would leave. */
export interface ModelForecast {
  before: ModelSet;
  after: ModelSet;
  /** Those of the changes that would be refused as things are. */
  refusals: { code: ProblemCode; message: string }[];
  /** Models whose licence is in doubt, and whose doubt would have to be accepted. */
  doubts: { id: string; doubt: string }[];
}

interface State {
  manifest: Manifest;
  isEnabled(entry: ModelEntry): boolean;
}

interface ForecastInput extends KnownModels {
  isEnabled(entry: ModelEntry): boolean;
  hasAccepted(id: string): boolean;
  /** Imported models whose file is missing or changed: in no use, so that removing one changes nothing. */
  damaged: readonly string[];
}

/** The models in use after these changes, in their order. Throws NOT_FOUND or MODEL_NOT_INSTALLED for a model that is not there. */
export function forecast(
  { manifest, importable, isEnabled, hasAccepted, damaged }: ForecastInput,
  changes: readonly ModelChange[],
): ModelForecast {
  const refusals: ModelForecast['refusals'] = [];
  const doubts: ModelForecast['doubts'] = [];
  const tried = (rule: () => void) => {
    try {
      rule();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      refusals.push({ code: error.code, message: error.message });
    }
  };
  let state: State = { manifest, isEnabled };
  for (const change of changes) {
    const { manifest: models, isEnabled: on } = state;
    if (change.is === 'import') {
      if (change.entry.origin === 'imported') state = { ...state, manifest: withModel(models, change) };
      continue;
    }
    if (change.is === 'remove' && damaged.includes(change.id)) continue;
    const entry = requireModel({ manifest: models, importable }, change.id);
    const { id, needsLicenceAcceptance, doubts: doubt, licence } = entry;
    if (change.is === 'enable') {
      if (needsLicenceAcceptance && !hasAccepted(id)) {
        doubts.push({ id, doubt: doubt ?? licence });
        if (!change.acceptLicenceDoubt) tried(() => fail(doubtfulLicence(entry)));
      }
      state = { ...state, isEnabled: (one) => one.id === id || on(one) };
      continue;
    }
    if (change.is === 'remove' && entry.origin !== 'imported')
      tried(() =>
        fail(
          new Problem('CONFLICT', `"${id}" is a built-in model and cannot be removed; disable it instead.`),
        ),
      );
    else tried(() => refuseWithout(id, models, on));
    state =
      change.is === 'remove'
        ? { ...state, manifest: withoutModel(models, id) }
        : { ...state, isEnabled: (one) => one.id !== id && on(one) };
  }
  return {
    before: modelSetOf(manifest, isEnabled),
    after: modelSetOf(state.manifest, state.isEnabled),
    refusals,
    doubts,
  };
}

const fail = (problem: Problem): never => {
  throw problem;
};

type Import = Extract<ModelChange, { is: 'import' }>;

/** As the library keeps it: a model, scorer or PAD set takes the place of one with its id. */
const withModel = (manifest: Manifest, { entry, scorers, padSets }: Import): Manifest => ({
  ...manifest,
  models: replaced(manifest.models, [entry]),
  scorers: replaced(manifest.scorers, scorers),
  padSets: replaced(manifest.padSets, padSets),
});

const withoutModel = (manifest: Manifest, id: string): Manifest => ({
  ...manifest,
  models: manifest.models.filter((model) => model.id !== id),
});

const replaced = <Entry extends { id: string }>(old: readonly Entry[], next: readonly Entry[]): Entry[] => [
  ...old.filter(({ id }) => !next.some((entry) => entry.id === id)),
  ...next,
];

/** Which execution provider runs the nets, as every reply says it. */
export const ProviderReport = z.strictObject({
  providersAsked: z.array(z.string()).describe('Execution providers as configured'),
  provider: z.string().describe('Execution provider in use; `cpu` also while another one is being tried'),
  adapter: z.string().optional().describe('The GPU, as its driver calls it; absent if none answered'),
  fallback: z.string().optional().describe('Why the CPU runs nets that another provider should run; a fault'),
  note: z
    .string()
    .optional()
    .describe('Why the CPU runs nets if nothing is wrong: no GPU, a slower one, a trial under way'),
  because: z
    .array(
      z.strictObject({
        asked: z.string().describe('Execution provider as configured'),
        code: z
          .enum(['not-started', 'no-gpu', 'trying', 'failed', 'unusable', 'nets', 'lost'])
          .describe('Why it runs no nets, or not all; `nets`: each of them says it'),
        said: z.string().optional().describe('What its process or driver said'),
      }),
    )
    .optional()
    .describe('`fallback` and `note` as codes; absent where there is neither'),
  nets: z
    .array(
      z.strictObject({
        model: z.string().describe('Id of the model'),
        provider: z.string().describe('Execution provider that runs it'),
        reason: z.string().optional().describe('Why it is the CPU'),
        code: z
          .enum(['refused', 'slower', 'lost'])
          .optional()
          .describe('The same as a code; `refused`: it cannot be opened there, or answers differently'),
      }),
    )
    .describe('Models that were tried on another provider; the CPU runs all others'),
});
export type ProviderReport = z.output<typeof ProviderReport>;
