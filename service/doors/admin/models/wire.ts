import { z } from 'zod';
import { HoldsFor } from '../../../engine/matching/index.ts';
import { ProviderReport } from '../../../engine/models/index.ts';
import { pageReply, shortListQuery } from '../../../http/cursor.ts';
import { time } from '../reply-fields.ts';

export const ModelParams = z.strictObject({ id: z.string().max(80).describe('Id of the model') });

export const EnableModel = z
  .strictObject({
    acceptLicenceDoubt: z
      .boolean()
      .default(false)
      .describe('Accepts the licence doubt; recorded with the account and the time'),
  })
  .meta({ id: 'ModelAcceptance', examples: [{ acceptLicenceDoubt: true }] });

/** The engine parses the entries against the schema of the manifest. */
export const NewModel = z
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
export const ModelFile = z
  .strictObject({
    name: z.string().min(1).max(255).describe('Name of the file, for messages only'),
    entry: z
      .unknown()
      .optional()
      .describe('For an ONNX file of your own: its JSON entry, described in docs/MODELS.md'),
  })
  .meta({
    id: 'ModelFile',
    description: 'The file of a model.',
    examples: [{ name: 'yunet_n_dynamic.onnx' }],
  });

export const StagedParams = z.strictObject({
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

export const ModelChangesRequest = z
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
  .strictObject({
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
    z.strictObject({
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

const PadPoint = z.strictObject({
  score: z.number().describe('Score from which a picture counts as live'),
  apcer: z.number().describe('Measured share of attacks that pass at this threshold'),
  bpcer: z.number().describe('Measured share of living people refused at this threshold'),
});

export const ModelReply = z
  .strictObject({
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

export const ModelsQuery = z.strictObject(shortListQuery);

export const ModelsReply = pageReply(ModelReply, 'Installed ones', 'Models', {
  scorers: z
    .array(
      z.strictObject({
        ...combined,
        inUse: z.boolean().describe('Whether all of its models are enabled'),
        calibration: z
          .strictObject({
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
      z.strictObject({
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
      z.strictObject({
        ...facts,
        sources,
        remedy: z.string().describe('Where its files come from and the command that installs them'),
      }),
    )
    .describe('Known models that are not installed'),
  provider: ProviderReport.describe('What runs them'),
});

export const StagedModelReply = z
  .strictObject({
    id: z.string().describe('Id of the file, for its import'),
    file: z.string().describe('Name of the file'),
    bytes: z.int().describe('Size of the file'),
    model: z
      .strictObject({ ...facts, sha256, origin, needsLicenceAcceptance })
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

export const ModelDryRunReply = z
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
          world: z.enum(['live', 'test']).describe('World'),
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

export const ModelFilesReply = z
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

export type ModelReply = z.output<typeof ModelReply>;
export type ModelsReply = z.input<typeof ModelsReply>;
export type ModelFile = z.output<typeof ModelFile>;
export type StagedModelReply = z.input<typeof StagedModelReply>;
export type NewModel = z.output<typeof NewModel>;
