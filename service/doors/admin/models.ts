import { z } from 'zod';
import type { ModelChanges, StagedModel } from '../../engine/appliance/index.ts';
import { HoldsFor } from '../../engine/matching/index.ts';
import { type ModelReport, type Models, ProviderReport, remedy } from '../../engine/models/index.ts';
import { pageOfShort, pageReply, shortListQuery } from '../../http/cursor.ts';
import { helpPath } from '../../lib/installation.ts';
import { env, time } from '../../lib/record-fields.ts';
import { coalesce } from '../../lib/turns.ts';
import { ofAppliance } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const ModelParams = z.strictObject({ id: z.string().max(80).describe('Id of the model') });

const EnableModel = z
  .strictObject({
    acceptLicenceDoubt: z
      .boolean()
      .default(false)
      .describe('Accepts the licence doubt; recorded with the account and the time'),
  })
  .meta({ id: 'ModelAcceptance', examples: [{ acceptLicenceDoubt: true }] });

/** The engine parses the entries against the schema of the manifest. */
const NewModel = z
  .strictObject({
    entry: z.unknown().describe('The entry of the model, as in `models/manifest.json`'),
    scorers: z.array(z.unknown()).max(16).default([]).describe('Scorers that use it'),
    padSets: z
      .array(z.unknown())
      .max(16)
      .default([])
      .describe('Sets for presentation attack detection that use it'),
  })
  .meta({
    id: 'NewModel',
    description: 'Manifest entry of the model in the file.',
    examples: [{ entry: { id: 'yunet', role: 'detector', sha256: '…' } }],
  });

/** The engine parses the entry against the schema of the manifest. */
const ModelFile = z
  .strictObject({
    name: z.string().min(1).max(255).describe('Name of the file, for messages only'),
    entry: z
      .unknown()
      .optional()
      .describe(`For an ONNX file of your own: its JSON entry, described in ${helpPath('MODELS')}`),
  })
  .meta({
    id: 'ModelFile',
    description: 'The file of a model.',
    examples: [{ name: 'yunet_n_dynamic.onnx' }],
  });

const StagedParams = z.strictObject({
  file: z
    .string()
    .regex(/^mdf_[0-9a-z]{26}$/, 'It must be the id of a file that was looked at.')
    .describe('Id of the file, from the reply of the inspection'),
});

const PlannedChange = z.discriminatedUnion('change', [
  z.strictObject({
    change: z.literal('enable').describe('Enable the model'),
    id: z.string().max(80).describe('Id of the model'),
    acceptLicenceDoubt: z
      .boolean()
      .default(false)
      .describe('Assumes that the doubt about its licence is accepted'),
  }),
  z.strictObject({
    change: z.literal('disable').describe('Disable the model'),
    id: z.string().max(80).describe('Id of the model'),
  }),
  z.strictObject({
    change: z.literal('remove').describe('Delete the imported model'),
    id: z.string().max(80).describe('Id of the model'),
  }),
  z.strictObject({
    change: z.literal('import').describe('Import an inspected file'),
    staged: StagedParams.shape.file,
  }),
]);

const ModelChangesRequest = z
  .strictObject({
    changes: z.array(PlannedChange).min(1).max(16).describe('Changes in the order of their application'),
  })
  .meta({
    id: 'ModelChanges',
    description: 'Changes of the models to preview.',
    examples: [{ changes: [{ change: 'disable', id: 'minifasnet-v2' }] }],
  });

const role = z.enum(['detector', 'landmarks', 'iris', 'embedder', 'pad']).describe('What it does');
const maturity = z.enum(['proven', 'alternate', 'experimental']).describe('How well it was measured');

const Measurement = z
  .object({
    metric: z.string().describe('Measured quantity, such as "EER" or "TAR@FMR 1e-3"'),
    value: z.number().describe('A fraction, unless the metric says otherwise'),
    interval: z
      .strictObject({ from: z.number().describe('Lower end'), to: z.number().describe('Upper end') })
      .optional()
      .describe('95 % interval'),
    data: z.string().describe('Number of pictures'),
    date: z.string().describe('Date of the measurement'),
    note: z.string().optional().describe('Conditions of the measurement'),
  })
  .meta({
    id: 'ModelMeasurement',
    description: 'One measured figure.',
    examples: [{ metric: 'EER', value: 0.0109, data: 'LFW deepfunneled, View 1', date: '2026-11-20' }],
  });

const sources = z
  .array(
    z.object({
      file: z.string().describe('Name of the source file; its path within an npm package'),
      sha256: z.string().describe('SHA-256 of the source file'),
      package: z.string().optional().describe('Source npm package'),
      integrity: z.string().optional().describe('Integrity of the npm package, if it is fetched by itself'),
      url: z.string().optional().describe('Place of publication'),
    }),
  )
  .describe('Its source files');

const facts = {
  id: z.string().describe('Id'),
  name: z.string().describe('Name'),
  role,
  maturity,
  licence: z.string().describe('Licence'),
  provenance: z.string().describe('Where it comes from'),
  doubts: z.string().optional().describe('Licence doubt'),
};

const example = {
  id: 'face-reidentification-retail-0095',
  name: 'Intel face-reidentification-retail-0095 (embedding R)',
  role: 'embedder' as const,
  sha256: 'a06229a6d1772ae2147f94c1223800c7bac075067f041eeca3beddbcd8b2f9a5',
  maturity: 'proven' as const,
  licence: 'Apache-2.0 (stated by the maker)',
  provenance: 'Intel, Open Model Zoo',
  needsLicenceAcceptance: false,
  origin: 'built' as const,
  sources: [],
  accuracy: [],
  enabled: true,
};

const sha256 = z.string().describe('SHA-256 of its file');
const origin = z
  .enum(['built', 'imported'])
  .describe('`built`: comes with Gatehouse; `imported`: an administrator imports it');
const needsLicenceAcceptance = z.boolean().describe('Off until the doubt about its licence is accepted');

const PadPoint = z.object({
  score: z.number().describe('Score from which a picture counts as live'),
  apcer: z.number().describe('Measured share of attacks that pass at this threshold'),
  bpcer: z.number().describe('Measured share of living people refused at this threshold'),
});

const ModelReply = z
  .object({
    ...facts,
    sha256,
    needsLicenceAcceptance,
    origin,
    sources,
    accuracy: z.array(Measurement).describe('Measurements with it alone'),
    enabled: z.boolean().describe('Verifications use it'),
    acceptedBy: z.string().optional().describe('Who accepted the doubt'),
    acceptedAt: time('When the doubt was accepted').optional(),
  })
  .meta({ id: 'Model', description: 'An installed model.', examples: [example] });

const combined = {
  id: z.string().describe('Id'),
  name: z.string().describe('Name'),
  maturity,
  models: z.array(z.string()).describe('Ids of the models that it combines'),
  accuracy: z.array(Measurement).describe('Measurements with it'),
};

const ModelsQuery = z.strictObject(shortListQuery);

const ModelsReply = pageReply(ModelReply, 'Installed ones', 'Models', {
  scorers: z
    .array(
      z.object({
        ...combined,
        inUse: z.boolean().describe('Whether all of its models are enabled'),
        calibration: z
          .object({
            data: z.string().describe('Pictures of the measurement'),
            genuine: z.int().describe('Comparisons of a person with themselves'),
            impostors: z.int().describe('Comparisons of different people'),
            measuredDownTo: z.number().describe('Smallest false-match rate that was measured'),
          })
          .describe('Data on which its thresholds were measured'),
      }),
    )
    .describe('Scorers'),
  padSets: z
    .array(
      z.object({
        ...combined,
        usable: z.boolean().describe('Whether all of its models are enabled'),
        inUse: z.boolean().describe('Whether it is the default for profiles without one'),
        threshold: PadPoint.describe('Threshold at which 5 % of the attacks pass, of strict profiles'),
        everyday: PadPoint.optional().describe(
          'Threshold of other profiles, 0.5; absent if nothing was measured there',
        ),
      }),
    )
    .describe('Sets for presentation attack detection'),
  importable: z
    .array(
      z.object({
        ...facts,
        sources,
        remedy: z.string().describe('Where its files come from and the command that installs them'),
      }),
    )
    .describe('Known models that are not installed'),
  provider: ProviderReport.describe('What runs them'),
});

const StagedModelReply = z
  .object({
    id: z.string().describe('Id of the file, for its import'),
    file: z.string().describe('Name of the file'),
    bytes: z.int().describe('Size of the file'),
    model: z
      .object({ ...facts, sha256, origin, needsLicenceAcceptance })
      .describe('The model in the file; one that comes with Gatehouse needs no import'),
    scorers: z.array(z.string()).describe('Ids of the scorers that come with it'),
    padSets: z
      .array(z.string())
      .describe('Ids of the sets for presentation attack detection that come with it'),
    expiresAt: time('Time until which it can be imported'),
  })
  .meta({
    id: 'StagedModel',
    description: 'A file that was converted and tried, not installed.',
    examples: [
      {
        id: 'mdf_01m7w3hb8hbf355he5zqwjztdk',
        file: 'yunet_n_dynamic.onnx',
        bytes: 228224,
        model: {
          id: 'yunet',
          name: 'YuNet',
          role: 'detector',
          sha256: example.sha256,
          origin: 'imported',
          maturity: 'alternate',
          licence: 'Apache-2.0',
          provenance: 'libfacedetection.train',
          needsLicenceAcceptance: false,
        },
        scorers: [],
        padSets: [],
        expiresAt: '2026-11-20T12:15:00.000Z',
      },
    ],
  });

const Runs = z
  .discriminatedUnion('is', [
    z.strictObject({
      is: z.literal('runs').describe('Whether verifications with it are possible'),
      detector: z.string().describe('Detector'),
      scorer: z.string().describe('Scorer'),
      threshold: z.number().describe('Score from which two pictures match'),
      extrapolated: z.boolean().describe('The threshold lies beyond what was measured'),
      falseMatchRate: z.number().describe('1:1 false-match rate that the threshold holds'),
      holdsFor: HoldsFor,
      refused: z.number().describe('Share of genuine people refused at this threshold'),
      liveness: z
        .strictObject({
          set: z.string().describe('Sets for presentation attack detection'),
          threshold: z.number().describe('Score from which a picture counts as live'),
          apcer: z.number().describe('Share of attacks that pass at this threshold'),
          bpcer: z.number().describe('Share of living people refused at this threshold'),
        })
        .optional()
        .describe('Absent if it runs without'),
    }),
    z.strictObject({
      is: z.literal('refused').describe('Whether verifications with it are refused'),
      code: z.string().describe('Code of the refusal'),
      message: z.string().describe('Reason and remedy'),
    }),
  ])
  .meta({
    id: 'ProfileRuns',
    description: 'Models of a profile.',
    examples: [
      {
        is: 'runs' as const,
        detector: 'blazeface',
        scorer: 'r',
        threshold: 0.37,
        extrapolated: false,
        falseMatchRate: 0.001,
        holdsFor: 'every-group' as const,
        refused: 0.03,
      },
    ],
  });

const ids = (what: string) =>
  z
    .strictObject({
      before: z.array(z.string()).describe('Now'),
      after: z.array(z.string()).describe('After the changes'),
    })
    .describe(what);
const counts = (what: string) =>
  z
    .strictObject({ before: z.int().describe('Now'), after: z.int().describe('After the changes') })
    .describe(what);

const ModelDryRunReply = z
  .strictObject({
    refusals: z
      .array(
        z.strictObject({
          code: z.string().describe('Code of the refusal'),
          message: z.string().describe('Reason and remedy'),
        }),
      )
      .describe('Reason why a change would be refused at present'),
    doubts: z
      .array(
        z.strictObject({
          id: z.string().describe('Id of the model'),
          doubt: z.string().describe('The doubt'),
        }),
      )
      .describe('Doubts about licences that would have to be accepted'),
    galleries: z
      .strictObject({
        before: z.array(z.string()).describe('Models whose templates are searched now'),
        after: z.array(z.string()).describe('State after the changes'),
        loadedAnew: z
          .boolean()
          .describe(
            'Whether the galleries are reloaded from the database; searches find fewer people until then',
          ),
      })
      .describe('Models of the gallery search'),
    detectors: ids('Enabled detectors'),
    scorers: ids('Available scorers, the best last'),
    padSets: ids('Available sets for presentation attack detection; the first is the default'),
    people: z
      .strictObject({
        enrolled: z.int().describe('People with templates'),
        recognizable: counts('People who can be recognized; the others have to be enrolled again'),
        byBestScorer: counts(
          'People whose templates the best scorer can compare; the others are compared by a simpler one',
        ),
      })
      .describe('Over all organizations and worlds'),
    profiles: z
      .array(
        z.strictObject({
          profile: z.string().describe('Slug of the profile'),
          name: z.string().describe('Name of the profile'),
          world: env('World'),
          organizations: z.array(z.string()).describe('Names of the organizations'),
          before: Runs,
          after: Runs,
        }),
      )
      .describe('Profiles that would use other models'),
  })
  .meta({
    id: 'ModelDryRun',
    description: 'Effect of changes of the models.',
    examples: [
      {
        refusals: [],
        doubts: [],
        galleries: {
          before: ['face-reidentification-retail-0095'],
          after: ['face-reidentification-retail-0095'],
          loadedAnew: false,
        },
        detectors: { before: ['blazeface'], after: ['blazeface'] },
        scorers: { before: ['r'], after: ['r', 'rm'] },
        padSets: { before: [], after: [] },
        people: {
          enrolled: 1200,
          recognizable: { before: 1200, after: 1200 },
          byBestScorer: { before: 1200, after: 0 },
        },
        profiles: [],
      },
    ],
  });

const ModelFilesReply = z
  .strictObject({
    items: z
      .array(
        z.strictObject({
          id: z.string().describe('Id of the model'),
          file: z.string().describe('Name of the file'),
          ok: z.boolean().describe('Whether the hash matches the manifest'),
          expected: z.string().describe('SHA-256 in the manifest'),
          found: z.string().optional().describe('SHA-256 of the file; absent if the file is missing'),
        }),
      )
      .describe('All files'),
  })
  .meta({
    id: 'ModelFiles',
    description: 'The files of the models, each hashed again.',
    examples: [
      {
        items: [{ id: 'iris', file: 'iris.onnx', ok: true, expected: example.sha256, found: example.sha256 }],
      },
    ],
  });

const measured = ({ interval, ...rest }: ModelReport['accuracy'][number]) => ({
  ...rest,
  interval: interval && { from: interval[0], to: interval[1] },
});

const shown = ({ accuracy, ...model }: ModelReport): z.output<typeof ModelReply> => ({
  ...model,
  accuracy: accuracy.map(measured),
});

function shownAll(
  reports: readonly ModelReport[],
  models: Pick<Models, 'importable' | 'combinations' | 'current'>,
  query: { limit: number; cursor?: string },
) {
  const { scorers, padSets } = models.combinations();
  const current = models.current();
  const installed = new Set(reports.map(({ id }) => id));
  return {
    ...pageOfShort(reports.map(shown), query, ({ id }) => id),
    scorers: scorers.map((scorer) => ({
      ...scorer,
      models: scorer.terms.map(({ model }) => model),
      inUse: current.scorers.some(({ id }) => id === scorer.id),
      accuracy: scorer.accuracy.map(measured),
    })),
    padSets: padSets.map(({ models: parts, thresholds, ...set }) => ({
      ...set,
      models: parts.map(({ model }) => model),
      inUse: current.padSets[0]?.id === set.id,
      usable: current.padSets.some(({ id }) => id === set.id),
      accuracy: set.accuracy.map(measured),
      threshold: thresholds.apcer5,
      everyday: thresholds.half,
    })),
    importable: models
      .importable()
      .filter(({ id }) => !installed.has(id))
      .map((entry) => ({ ...entry, remedy: remedy([entry]) })),
  };
}

/** The model library parses the entries. */
type Imported = Omit<Parameters<ModelChanges['import']>[0], 'onnx'>;

const shownStaged = ({ model, ...staged }: StagedModel) => ({
  ...staged,
  model: model.entry,
  scorers: model.scorers.map(({ id }) => id),
  padSets: model.padSets.map(({ id }) => id),
});

export interface ModelRouteDeps {
  models: Pick<
    Models,
    'list' | 'verify' | 'enable' | 'disable' | 'remove' | 'importable' | 'combinations' | 'current'
  >;
  modelChanges: ModelChanges;
  netProvider(): ProviderReport;
}

/** Bytes of a model file. */
const MOST = 1_000_000_000;
const about = {
  tag: 'models',
  within: 'appliance',
  may: ofAppliance,
} as const;

/** The models of the box. */
export const modelRoutes = ({ models, netProvider, modelChanges }: ModelRouteDeps): AdminRoute[] => [
  route('GET /models', {
    ...about,
    operationId: 'listModels',
    effect: 'none',
    summary: 'List models',
    description:
      'Every installed model with its licence, provenance, accuracy and licence doubts, the scorers, known models that are not installed, and the execution provider that runs them.',
    query: ModelsQuery,
    reply: ModelsReply,
    handle: async ({ query }) => ({
      ...shownAll(await models.list(), models, query),
      provider: netProvider(),
    }),
  }),
  route('GET /models/verification', {
    ...about,
    operationId: 'verifyModels',
    effect: 'none',
    summary: 'Hash the files of the models again',
    description: 'Compares every file with the manifest.',
    lasting: true,
    reply: ModelFilesReply,
    handle: coalesce(async () => ({ items: await models.verify() })),
  }),
  route('POST /models/files', {
    ...about,
    operationId: 'examineModelFile',
    effect: 'none',
    summary: 'Inspect the file of a model',
    description:
      'Accepts YuNet (.onnx), MobileFaceNet (.tflite, or its npm package .tgz) or an ONNX file of your own with its entry; converts and tests it in a separate process. The result is kept in memory for 15 minutes; nothing is installed. Of a file that a model of Gatehouse was made from, the reply says that it comes with Gatehouse.',
    body: ModelFile,
    upload: { most: MOST },
    lasting: true,
    status: 201,
    reply: StagedModelReply,
    handle: async ({ body, file }) => shownStaged(await modelChanges.stage({ ...body, bytes: file })),
  }),
  route('POST /models/files/:file/import', {
    ...about,
    operationId: 'importModelFile',
    effect: 'weakens-protection',
    summary: 'Import an inspected file',
    description:
      'Installs the model. It is used at once, unless its licence is in doubt. Changes nothing for a model that comes with Gatehouse.',
    params: StagedParams,
    status: 201,
    reply: ModelReply,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: async ({ params: { file }, who }) => shown(await modelChanges.importStaged(file, who)),
  }),
  route('POST /models/dry-run', {
    ...about,
    operationId: 'dryRunModels',
    effect: 'none',
    summary: 'Preview changes of the models',
    description:
      'Profiles that would use other models or be refused, their thresholds, and the number of people who could no longer be recognized. Pictures are not stored, so no job can create templates for another model: these people have to be enrolled again. Nothing is changed.',
    body: ModelChangesRequest,
    lasting: 'followed',
    reply: ModelDryRunReply,
    refuses: ['NOT_FOUND', 'MODEL_NOT_INSTALLED'],
    handle: ({ body: { changes } }) => modelChanges.dryRun(changes),
  }),
  route('POST /models', {
    ...about,
    operationId: 'importModel',
    effect: 'weakens-protection',
    summary: 'Import a model',
    description:
      'Stores the ONNX file. Its SHA-256 must be one that Gatehouse knows, or for your own model the one in its manifest entry; your own model is tried first, in a separate process.',
    body: NewModel,
    upload: { most: MOST },
    lasting: true,
    status: 201,
    reply: ModelReply,
    refuses: ['CONFLICT', 'STORAGE_FULL'],
    handle: async ({ body, file, who }) =>
      shown(await modelChanges.import({ onnx: file, ...(body as Imported) }, who)),
  }),
  route('POST /models/:id/enable', {
    ...about,
    operationId: 'enableModel',
    effect: 'weakens-protection',
    summary: 'Let verifications use a model',
    description: 'Refused for a model with a doubtful licence until the doubt is accepted.',
    params: ModelParams,
    body: EnableModel,
    reply: ModelReply,
    refuses: ['NOT_FOUND', 'MODEL_NOT_INSTALLED', 'LICENCE_NOT_ACCEPTED', 'STORAGE_FULL'],
    handle: async ({ params: { id }, body, who }) => shown(await models.enable(id, body, who)),
  }),
  route('POST /models/:id/disable', {
    ...about,
    operationId: 'disableModel',
    effect: 'weakens-protection',
    summary: 'Disable a model',
    description: 'The model stays installed. Refused for a model that verification needs.',
    params: ModelParams,
    reply: ModelReply,
    refuses: ['NOT_FOUND', 'MODEL_NOT_INSTALLED', 'CONFLICT', 'STORAGE_FULL'],
    handle: async ({ params: { id }, who }) => shown(await models.disable(id, who)),
  }),
  route('DELETE /models/:id', {
    ...about,
    operationId: 'removeModel',
    effect: 'weakens-protection',
    summary: 'Delete an imported model',
    description: 'Refused for a built-in model.',
    params: ModelParams,
    refuses: ['NOT_FOUND', 'MODEL_NOT_INSTALLED', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ params: { id }, who }) => models.remove(id, who),
  }),
];
