import { expect, test } from 'vitest';
import { captureStrings } from '../capture-strings.ts';
import { ownPurpose } from './use-purpose.ts';

test('a check without words of its caller says what its result means, in both languages', () => {
  const said = (flow: Parameters<typeof ownPurpose>[0]['flow'], product?: string) =>
    captureStrings.en[ownPurpose({ flow, ...(product !== undefined && { product }) })];
  expect([
    said('api'),
    said('presence'),
    said('registration'),
    said('hosted', 'verifyhuman'),
    said('hosted', 'verifyidentity'),
    said('hosted', 'verifytrust'),
    said('hosted', 'verifyage'),
  ]).toEqual([
    'To show that you are a living person',
    'To confirm that it is you',
    'To show that you are one person, and take part once',
    'To show that you are a living person',
    'To confirm that it is you',
    'To confirm that it is you',
    'To confirm your age',
  ]);
});
