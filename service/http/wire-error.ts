import type { Problem, ProblemCode } from '../lib/problem.ts';
import { type WireErrors, wireErrorOf } from './default-errors.ts';

interface ErrorBody {
  error: string;
  code: ProblemCode;
  requestId: string;
  details?: { path: string; message: string }[];
  [extra: string]: unknown;
}

export interface RenderedError {
  status: number;
  headers: Record<string, string>;
  body: ErrorBody;
}

/** Retry-After in seconds of a busy appliance when the problem gives none. */
const RETRY_AFTER_DEFAULT = 1;

/** Renders a problem as the answer. */
export function renderProblem(problem: Problem, requestId: string, family: WireErrors): RenderedError {
  const { status, extra } = wireErrorOf(problem.code, family);
  const headers: Record<string, string> = {};
  const retryAfter =
    problem.extra.retryAfterSeconds ?? (problem.code === 'OVERLOADED' ? RETRY_AFTER_DEFAULT : undefined);
  if (retryAfter !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfter)));
  if (status === 401) headers['www-authenticate'] = 'Bearer realm="gatehouse"';
  const details = problem.extra.details;
  return {
    status,
    headers,
    body: {
      error: problem.message,
      code: problem.code,
      requestId,
      ...(details && details.length > 0 ? { details } : {}),
      ...extra?.(problem),
    },
  };
}
