import { z } from 'zod';
import { pageReply, shortListQuery } from '../../../http/cursor.ts';
import { time } from '../reply-fields.ts';

export const ModelParams = z.strictObject({ id: z.string().max(80).describe('Id of the model') });

export const EnableModel = z
  .strictObject({
    acceptLicenceDoubt: z
      .boolean()
      .default(false)
      .describe('Accepts the licence doubt; recorded with the account and the time'),
  })
  .meta({ id: 'ModelAcceptance', examples: [{ acceptLicenceDoubt: true }] });

/** The engine parses the entries against the schema of the manifest. */
export const NewModel = z
  .strictObject({
    entry: z.unknown().describe('The entry of the model, as in `models/manifest.json`'),
    scorers: z.array(z.unknown()).max(16).default([]).describe('Scorers that use it'),
    padSets: z
      .array(z.unknown())
      .max(16)
      .default([])
      .describe('Sets for presentation attack detection that use it'),
  })
  .meta({
    id: 'NewModel',
    description: 'Manifest entry of the model in the file.',
    examples: [{ entry: { id: 'minifasnet-v2', kind: 'pad', sha256: '…' } }],
  });

const example = {
  id: 'faceres',
  name: 'FaceRes',
  role: 'embedder' as const,
  sha256: '0c6ad66b1f6ae2c1b0f9e2ec1c41f2d7d7d5a1ef9d8f6ba8e8f0c9c6f7ab2d31',
  maturity: 'alternate' as const,
  licence: 'MIT',
  provenance: 'Human 3.3.6',
  enabled: true,
};

export const ModelReply = z
  .strictObject({
    id: z.string().describe('Id'),
    name: z.string().describe('Name'),
    role: z.enum(['detector', 'landmarks', 'iris', 'embedder', 'pad']).describe('Role'),
    sha256: z.string().describe('SHA-256 of its file'),
    maturity: z.enum(['proven', 'alternate', 'experimental']).describe('Maturity'),
    licence: z.string().describe('Licence'),
    provenance: z.string().describe('Provenance'),
    doubts: z.string().optional().describe('Doubt about its licence'),
    enabled: z.boolean().describe('Whether verifications use it'),
    acceptedBy: z.string().optional().describe('Account that accepted the doubt'),
    acceptedAt: time('Time of the acceptance').optional(),
  })
  .meta({ id: 'Model', description: 'An installed model.', examples: [example] });

export const ModelsQuery = z.strictObject(shortListQuery);
export const ModelsReply = pageReply(ModelReply, 'Models', 'Models');

export const ModelFilesReply = z
  .strictObject({
    items: z
      .array(
        z.strictObject({
          id: z.string().describe('Id of the model'),
          file: z.string().describe('Name of the file'),
          ok: z.boolean().describe('Whether the hash matches the manifest'),
          expected: z.string().describe('SHA-256 in the manifest'),
          found: z.string().optional().describe('SHA-256 of the file; absent if the file is missing'),
        }),
      )
      .describe('All files'),
  })
  .meta({
    id: 'ModelFiles',
    description: 'The files of the models, each hashed again.',
    examples: [
      {
        items: [
          { id: 'faceres', file: 'faceres.onnx', ok: true, expected: example.sha256, found: example.sha256 },
        ],
      },
    ],
  });

export type ModelReply = z.output<typeof ModelReply>;
export type NewModel = z.output<typeof NewModel>;
