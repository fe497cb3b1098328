import type { ModelReport, Models } from '../../../engine/models/index.ts';
import { time } from '../../../lib/time.ts';
import type { ModelReply, NewModel } from './wire.ts';

export const fromModel = ({ acceptedAt, ...rest }: ModelReport): ModelReply => ({
  ...rest,
  acceptedAt: acceptedAt === undefined ? undefined : time(acceptedAt),
});

type Imported = Parameters<Models['import']>[0];

/** The model library parses the entries. */
export const toImported = (fields: NewModel, onnx: Uint8Array): Imported => ({
  onnx,
  ...(fields as Omit<Imported, 'onnx'>),
});
