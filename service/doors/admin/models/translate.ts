import type { StagedModel } from '../../../engine/model-changes/index.ts';
import { type ModelReport, type Models, remedy } from '../../../engine/models/index.ts';
import { pageOfShort } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import { time } from '../../../lib/time.ts';
import type { ModelFile, ModelReply, ModelsReply, NewModel, StagedModelReply } from './wire.ts';

export const fromModel = ({ acceptedAt, accuracy, sources, ...rest }: ModelReport): ModelReply => ({
  ...rest,
  accuracy: accuracy.map(fromMeasurement),
  sources: sources.map((source) => ({ ...source })),
  acceptedAt: acceptedAt === undefined ? undefined : time(acceptedAt),
});

type Imported = Parameters<Models['import']>[0];

/** The model library parses the entries. */
export const toImported = (fields: NewModel, onnx: Uint8Array): Imported => ({
  onnx,
  ...(fields as Omit<Imported, 'onnx'>),
});

type Measurement = ModelReport['accuracy'][number];

const fromMeasurement = ({ interval, ...rest }: Measurement) => ({
  ...rest,
  interval: interval && { from: interval[0], to: interval[1] },
});

export function fromModels(
  reports: readonly ModelReport[],
  models: Pick<Models, 'importable' | 'combinations' | 'current'>,
  query: { limit: number; cursor?: string | undefined },
): Omit<ModelsReply, 'provider'> {
  const { scorers, padSets } = models.combinations();
  const current = models.current();
  const installed = new Set(reports.map(({ id }) => id));
  return {
    ...pageOfShort(reports.map(fromModel), query, ({ id }) => id),
    scorers: scorers.map(({ id, name, terms, maturity, accuracy, calibration }) => ({
      id,
      name,
      maturity,
      models: terms.map(({ model }) => model),
      inUse: current.scorers.some((one) => one.id === id),
      accuracy: accuracy.map(fromMeasurement),
      calibration: {
        data: calibration.data,
        genuine: calibration.genuine,
        impostors: calibration.impostors,
        measuredDownTo: calibration.measuredDownTo,
      },
    })),
    padSets: padSets.map(({ id, name, models: parts, maturity, accuracy, thresholds: { apcer5, half } }) => ({
      id,
      name,
      maturity,
      models: parts.map(({ model }) => model),
      inUse: current.padSets[0]?.id === id,
      usable: current.padSets.some((one) => one.id === id),
      accuracy: accuracy.map(fromMeasurement),
      threshold: fromPadPoint(apcer5),
      ...(half && { everyday: fromPadPoint(half) }),
    })),
    importable: models
      .importable()
      .filter(({ id }) => !installed.has(id))
      .map((entry) => {
        const { id, name, role, licence, provenance, doubts, maturity, sources } = entry;
        return {
          id,
          name,
          role,
          licence,
          provenance,
          maturity,
          sources,
          remedy: remedy([entry]),
          ...defined({ doubts }),
        };
      }),
  };
}

type PadPoint = Record<'score' | 'apcer' | 'bpcer', number>;

const fromPadPoint = ({ score, apcer, bpcer }: PadPoint): PadPoint => ({ score, apcer, bpcer });

export const toFile = ({ name, entry }: ModelFile, bytes: Uint8Array) => ({
  name,
  bytes,
  ...defined({ entry }),
});

export function fromStaged({ id, file, bytes, model, expiresAt }: StagedModel): StagedModelReply {
  const { entry, scorers, padSets } = model;
  return {
    id,
    file,
    bytes,
    expiresAt: time(expiresAt),
    model: {
      id: entry.id,
      name: entry.name,
      role: entry.role,
      sha256: entry.sha256,
      maturity: entry.maturity,
      licence: entry.licence,
      provenance: entry.provenance,
      ...defined({ doubts: entry.doubts }),
      origin: entry.origin,
      needsLicenceAcceptance: entry.needsLicenceAcceptance,
    },
    scorers: scorers.map((one) => one.id),
    padSets: padSets.map((one) => one.id),
  };
}
