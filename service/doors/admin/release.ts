import { z } from 'zod';
import { time } from '../../lib/record-fields.ts';
import { readReleaseNotes } from '../../lib/release-notes.ts';
import { productVersion, programBuiltAt } from '../../lib/version.ts';
import { byReaders } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const Release = z
  .strictObject({
    version: z.string().describe('Version of Gatehouse'),
    builtAt: time('When the version was built'),
    notes: z
      .array(
        z.strictObject({
          heading: z.string().describe('Heading; may be empty'),
          items: z.array(z.string()).describe('Changes, as plain text in English'),
        }),
      )
      .describe('Release notes of this version; empty where the installation has none'),
  })
  .meta({
    id: 'Release',
    description: 'The version that runs, and what is new in it. Nothing is asked outside the box.',
    examples: [
      {
        version: '0.2.0',
        builtAt: '2026-11-01T00:00:00.000Z',
        notes: [{ heading: 'New', items: ['Verify a person in the console.'] }],
      },
    ],
  });

/** Which version runs. */
export const releaseRoutes = (): AdminRoute[] => [
  route('GET /release', {
    tag: 'organizations',
    within: 'organization',
    keyRefusal: 'No API key reads the release notes: GET /health has the version.',
    operationId: 'getRelease',
    effect: 'none',
    summary: 'Get the version and its release notes',
    description: 'The version, when it was built, and its part of CHANGELOG.md.',
    may: byReaders,
    reply: Release,
    handle: () => {
      const version = productVersion();
      return { version, builtAt: programBuiltAt, notes: readReleaseNotes(version) };
    },
  }),
];
