import type { Ids } from '../lib/id.ts';

const sane = /^[A-Za-z0-9][A-Za-z0-9._:=+/-]{0,127}$/;

/** The caller's `x-request-id` where it is up to 128 harmless characters; otherwise one of ours (`req_…`). */
export function requestIdOf(header: string | string[] | undefined, ids: Ids): string {
  return typeof header === 'string' && sane.test(header) ? header : ids.next('request');
}
