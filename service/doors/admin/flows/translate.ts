import { isDeepStrictEqual } from 'node:util';
import type { Flow } from '../../../engine/flows/index.ts';
import type { ProblemDetail } from '../../../lib/problem.ts';
import { time } from '../../../lib/time.ts';
import type { FlowReply } from './wire.ts';

export const fromFlow = (
  { id, slug, draft, published, createdAt, createdBy, changedAt, changedBy }: Flow,
  problems: ProblemDetail[],
): FlowReply => ({
  id,
  slug,
  path: `/hosted/f/${slug}`,
  draft,
  problems,
  published: published && { ...published, at: time(published.at) },
  changed: !isDeepStrictEqual(draft, published?.definition),
  createdBy,
  changedBy,
  createdAt: time(createdAt),
  changedAt: time(changedAt),
});
