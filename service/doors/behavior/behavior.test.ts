import { expect, test } from 'vitest';
import { defaultErrors } from '../../http/default-errors.ts';
import { problemCodes } from '../../lib/problem.ts';
import { toAnswer } from './challenge-routes.ts';
import { toHeartbeat, toVerdictRequest } from './translate.ts';

/** The codes that behavior.txt names, with the statuses it gives them. */
const named = {
  MISSING_AUTH: 401,
  INVALID_API_KEY_FORMAT: 401,
  INVALID_API_KEY: 401,
  TRIAL_EXPIRED: 402,
  MONTHLY_LIMIT_EXCEEDED: 429,
  BURST_LIMIT_EXCEEDED: 429,
  USER_FLOOD_DETECTED: 429,
} as const;

test('the codes of the text have its statuses', () => {
  const ours = Object.fromEntries(
    Object.keys(named).map((code) => [code, defaultErrors[code as keyof typeof named].status]),
  );
  expect(ours).toEqual(named);
});

test('errors of the caller are a 4xx; temporary ones are a 503', () => {
  const byStatus = Map.groupBy(problemCodes, (code) => defaultErrors[code].status);
  expect(byStatus.get(500)).toEqual(['INTERNAL']);
  expect(byStatus.get(503)).toEqual([
    'MODEL_NOT_INSTALLED',
    'PAD_NOT_INSTALLED',
    'OVERLOADED',
    'TIMEOUT',
    'SEALED',
    'STORAGE_UNAVAILABLE',
  ]);
  expect(byStatus.get(403)).toEqual(
    expect.arrayContaining(['INSUFFICIENT_SCOPE', 'DESTINATION_NOT_GRANTED', 'DESTINATION_FORBIDDEN']),
  );
});

test('a request with a signature is handed on as its sender addressed it; the address counts in pages alone', () => {
  const head = {
    method: 'POST',
    protocol: 'https',
    host: 'box.example',
    url: '/api/v1/verify',
    ip: '192.0.2.1',
  };
  const headers = { 'signature-input': 'sig=()', signature: 'sig=::', 'x-other': undefined };
  const signed = {
    method: 'POST',
    url: 'https://box.example/api/v1/verify',
    headers: { 'signature-input': 'sig=()', signature: 'sig=::' },
  };
  const request = { ...head, headers };
  expect(toVerdictRequest({ userId: 'u' }, {}, request)).toEqual({ userId: 'u', signed });
  expect(toHeartbeat({ userId: 'u', sessionToken: 't' }, request)).toEqual({
    userId: 'u',
    sessionToken: 't',
    signed,
  });
  expect(toAnswer({ challenge_id: 'ch_1', answer: ' t1 ' }, request)).toEqual({
    challenge: 'ch_1',
    answer: 't1',
    signed,
  });
  expect(toAnswer({ challenge_id: 'ch_1', answer: 't1' }, { ...head, headers: {} })).not.toHaveProperty(
    'signed',
  );
  expect(toVerdictRequest({ userId: 'u' }, { browser: true }, { ...head, headers: {} })).toEqual({
    userId: 'u',
    source: '192.0.2.1',
  });
});
