import { expect, test } from 'vitest';
import type { ImportOutcome } from '../../../../sdk/admin/bulk-import/run-import.ts';
import { groupRefusals, likelyScans } from './refusals.ts';

const enrolled = (file: string): ImportOutcome => ({ file, person: `${file}@x.org`, outcome: 'enrolled' });
const refused = (file: string, code: string, check?: string): ImportOutcome => ({
  file,
  person: `${file}@x.org`,
  outcome: 'refused',
  code,
  reason: `${code}.`,
  ...(check !== undefined && { check }),
});

test('refused pictures stand together by their reason, the most frequent first', () => {
  const groups = groupRefusals([
    enrolled('a'),
    refused('b', 'FACE_NOT_FOUND'),
    refused('c', 'CHECK_FAILED', 'liveness'),
    refused('d', 'CHECK_FAILED', 'liveness'),
  ]);
  expect(groups.map(({ code, refused }) => [code, refused.map(({ file }) => file)])).toEqual([
    ['CHECK_FAILED', ['c', 'd']],
    ['FACE_NOT_FOUND', ['b']],
  ]);
});

test('scans are proposed where a fifth of the pictures, and two at least, do not look alive', () => {
  const scan = (file: string) => refused(file, 'CHECK_FAILED', 'liveness');
  const many = (count: number) => Array.from({ length: count }, (_, at) => enrolled(`e${at}`));
  expect(likelyScans([...many(8), scan('a'), scan('b')])).toHaveLength(2);
  expect(likelyScans([...many(9), scan('a'), scan('b')])).toEqual([]);
  expect(likelyScans([scan('a')])).toEqual([]);
  expect(likelyScans([refused('a', 'FACE_NOT_FOUND'), refused('b', 'CHECK_FAILED', 'geoFence')])).toEqual([]);
});
