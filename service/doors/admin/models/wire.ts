import { z } from 'zod';
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
    examples: [{ entry: { id: 'minifasnet-v2', kind: 'pad', sha256: '…' } }],
  });

/** The engine parses the entry against the schema of the manifest. */
export const ModelFile = z
  .strictObject({
    name: z.string().min(1).max(255).describe('Name of the file; for messages alone'),
    entry: z
      .unknown()
      .optional()
      .describe(
        'For an ONNX file of your own: what the JSON file beside it says, as docs/MODELS.md describes it',
      ),
  })
  .meta({
    id: 'ModelFile',
    description: 'The file of a model.',
    examples: [{ name: '2.7_80x80_MiniFASNetV2.pth' }],
  });

export const StagedParams = z.strictObject({
  file: z
    .string()
    .regex(/^mdf_[0-9a-z]{26}$/, 'It must be the id of a file that was looked at.')
    .describe('Id of the file, as the look at it gave it'),
});

const PlannedChange = z.discriminatedUnion('change', [
  z.strictObject({
    change: z.literal('enable').describe('Let verifications use the model'),
    id: z.string().max(80).describe('Id of the model'),
    acceptLicenceDoubt: z
      .boolean()
      .default(false)
      .describe('As if the doubt about its licence were accepted'),
  }),
  z.strictObject({
    change: z.literal('disable').describe('Use the model no longer'),
    id: z.string().max(80).describe('Id of the model'),
  }),
  z.strictObject({
    change: z.literal('remove').describe('Delete the imported model'),
    id: z.string().max(80).describe('Id of the model'),
  }),
  z.strictObject({
    change: z.literal('import').describe('Import a file that was looked at'),
    staged: StagedParams.shape.file,
  }),
]);

export const ModelChangesRequest = z
  .strictObject({
    changes: z.array(PlannedChange).min(1).max(16).describe('In the order in which they would be made'),
  })
  .meta({
    id: 'ModelChanges',
    description: 'Changes of the models to try.',
    examples: [{ changes: [{ change: 'disable', id: 'minifasnet-v2' }] }],
  });

const role = z.enum(['detector', 'landmarks', 'iris', 'embedder', 'pad']).describe('What it does');
const maturity = z.enum(['proven', 'alternate', 'experimental']).describe('How well it was measured');

const Measurement = z
  .strictObject({
    metric: z.string().describe('What was measured, such as "EER" or "TAR@FMR 1e-3"'),
    value: z.number().describe('A fraction, unless the metric says otherwise'),
    interval: z
      .strictObject({ from: z.number().describe('Lower end'), to: z.number().describe('Upper end') })
      .optional()
      .describe('95 % interval'),
    data: z.string().describe('Which pictures, how many'),
    date: z.string().describe('When it was measured'),
    note: z.string().optional().describe('Under which circumstances'),
  })
  .meta({
    id: 'ModelMeasurement',
    description: 'One measured figure.',
    examples: [{ metric: 'EER', value: 0.0109, data: 'LFW deepfunneled, View 1', date: '2026-11-20' }],
  });

const sources = z
  .array(
    z.strictObject({
      file: z.string().describe('Name of the source file'),
      sha256: z.string().describe('SHA-256 of the source file'),
      package: z.string().optional().describe('npm package that it comes from'),
      url: z.string().optional().describe('Where it is published'),
    }),
  )
  .describe('The files that it is made from');

const facts = {
  id: z.string().describe('Id'),
  name: z.string().describe('Name'),
  role,
  maturity,
  licence: z.string().describe('Licence'),
  provenance: z.string().describe('Where it comes from'),
  doubts: z.string().optional().describe('What is doubtful about it'),
};

const example = {
  id: 'faceres',
  name: 'FaceRes',
  role: 'embedder' as const,
  sha256: '0c6ad66b1f6ae2c1b0f9e2ec1c41f2d7d7d5a1ef9d8f6ba8e8f0c9c6f7ab2d31',
  maturity: 'alternate' as const,
  licence: 'MIT',
  provenance: 'Human 3.3.6',
  needsLicenceAcceptance: true,
  origin: 'built' as const,
  sources: [],
  accuracy: [],
  enabled: true,
};

const sha256 = z.string().describe('SHA-256 of its file');
const needsLicenceAcceptance = z.boolean().describe('Off until the doubt about its licence is accepted');

export const ModelReply = z
  .strictObject({
    ...facts,
    sha256,
    needsLicenceAcceptance,
    origin: z
      .enum(['built', 'imported'])
      .describe('Made from npm packages when Gatehouse was installed, or imported'),
    sources,
    accuracy: z.array(Measurement).describe('What was measured with it alone'),
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
  accuracy: z.array(Measurement).describe('What was measured with it'),
};

export const ModelsQuery = z.strictObject(shortListQuery);

export const ModelsReply = pageReply(ModelReply, 'Those that are installed', 'Models', {
  scorers: z
    .array(
      z.strictObject({
        ...combined,
        inUse: z.boolean().describe('All of its models are on'),
        calibration: z
          .strictObject({
            data: z.string().describe('Which pictures'),
            genuine: z.int().describe('Comparisons of a person with themselves'),
            impostors: z.int().describe('Comparisons of different people'),
            measuredDownTo: z.number().describe('Smallest false-match rate that was measured'),
          })
          .describe('What its thresholds rest on'),
      }),
    )
    .describe('How faces are compared'),
  padSets: z
    .array(
      z.strictObject({
        ...combined,
        usable: z.boolean().describe('All of its models are on'),
        inUse: z.boolean().describe('It runs where a profile names none'),
        threshold: z
          .strictObject({
            score: z.number().describe('Score from which on a picture counts as live'),
            apcer: z.number().describe('Share of attacks that pass there, as measured'),
            bpcer: z.number().describe('Share of living people refused there, as measured'),
          })
          .describe('Where 5 % of the attacks pass'),
      }),
    )
    .describe('What detects presentation attacks'),
  importable: z
    .array(z.strictObject({ ...facts, sources }))
    .describe('Known by the SHA-256 of their files, and not installed'),
});

export const StagedModelReply = z
  .strictObject({
    id: z.string().describe('Id of the file, for its import'),
    file: z.string().describe('Name of the file'),
    bytes: z.int().describe('Size of the file'),
    model: z.strictObject({ ...facts, sha256, needsLicenceAcceptance }).describe('The model in it'),
    scorers: z.array(z.string()).describe('Ids of the scorers that come with it'),
    padSets: z
      .array(z.string())
      .describe('Ids of the sets for presentation attack detection that come with it'),
    expiresAt: time('It waits for its import until then'),
  })
  .meta({
    id: 'StagedModel',
    description: 'A file that was converted and tried, not installed.',
    examples: [
      {
        ...{ id: 'mdf_01m7w3hb8hbf355he5zqwjztdk', file: '2.7_80x80_MiniFASNetV2.pth', bytes: 1849453 },
        model: {
          ...{ id: 'minifasnet-v2', name: 'MiniFASNetV2', role: 'pad', sha256: example.sha256 },
          ...{ maturity: 'alternate', licence: 'Apache-2.0', provenance: 'Minivision' },
          needsLicenceAcceptance: false,
        },
        ...{ scorers: [], padSets: [], expiresAt: '2026-11-20T12:15:00.000Z' },
      },
    ],
  });

const Runs = z
  .discriminatedUnion('is', [
    z.strictObject({
      is: z.literal('runs').describe('Verifications by it run'),
      detector: z.string().describe('Detector'),
      scorer: z.string().describe('Scorer'),
      threshold: z.number().describe('Score from which on two pictures match'),
      extrapolated: z.boolean().describe('The threshold lies beyond what was measured'),
      refused: z.number().describe('Share of genuine people refused at this threshold'),
      liveness: z
        .strictObject({
          set: z.string().describe('What detects presentation attacks'),
          threshold: z.number().describe('Score from which on a picture counts as live'),
          apcer: z.number().describe('Share of attacks that pass there'),
          bpcer: z.number().describe('Share of living people refused there'),
        })
        .optional()
        .describe('Absent where it runs without'),
    }),
    z.strictObject({
      is: z.literal('refused').describe('Verifications by it are refused'),
      code: z.string().describe('Code of the refusal'),
      message: z.string().describe('Why, and what to do'),
    }),
  ])
  .meta({
    id: 'ProfileRuns',
    description: 'What verifications by a profile run.',
    examples: [
      { is: 'runs', detector: 'blazeface', scorer: 'a', threshold: 0.94, extrapolated: false, refused: 0.14 },
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
          message: z.string().describe('Why, and what to do'),
        }),
      )
      .describe('Why a change would be refused as things are'),
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
        before: z.string().optional().describe('Model whose templates are searched now'),
        after: z.string().optional().describe('The same after the changes'),
        loadedAnew: z
          .boolean()
          .describe('The galleries are read from the database again; searches find few people until then'),
      })
      .describe('What searches run on'),
    detectors: ids('Detectors that are on'),
    scorers: ids('Scorers that can be used, the best last'),
    padSets: ids(
      'Sets for presentation attack detection that can be used; the first is used where a profile names none',
    ),
    people: z
      .strictObject({
        enrolled: z.int().describe('People with templates'),
        recognizable: counts('Those who can be recognized; the others have to be enrolled again'),
        byBestScorer: counts(
          'Those whose templates the best scorer can compare; the others are compared by a simpler one',
        ),
      })
      .describe('Over all organizations and worlds'),
    profiles: z
      .array(
        z.strictObject({
          profile: z.string().describe('Slug of the profile'),
          name: z.string().describe('Name of the profile'),
          world: z.enum(['live', 'test']).describe('In which world'),
          organizations: z.array(z.string()).describe('Names of the organizations'),
          before: Runs,
          after: Runs,
        }),
      )
      .describe('Profiles that would run otherwise'),
  })
  .meta({
    id: 'ModelDryRun',
    description: 'What changes of the models would do.',
    examples: [
      {
        ...{ refusals: [], doubts: [] },
        galleries: { before: 'face-recognition', after: 'face-recognition', loadedAnew: false },
        detectors: { before: ['blazeface'], after: ['blazeface'] },
        scorers: { before: ['a'], after: ['a', 'fused'] },
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
        items: [
          { id: 'faceres', file: 'faceres.onnx', ok: true, expected: example.sha256, found: example.sha256 },
        ],
      },
    ],
  });

export type ModelReply = z.output<typeof ModelReply>;
export type ModelsReply = z.input<typeof ModelsReply>;
export type ModelFile = z.output<typeof ModelFile>;
export type StagedModelReply = z.input<typeof StagedModelReply>;
export type NewModel = z.output<typeof NewModel>;
