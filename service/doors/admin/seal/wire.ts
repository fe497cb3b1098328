import { z } from 'zod';

export const SealQuery = z.strictObject({
  wait: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000)
    .default(0)
    .describe('Milliseconds to wait for a change of state'),
});

export const Unseal = z
  .strictObject({ passphrase: z.string().min(1).max(2048).describe('The passphrase of the master key') })
  .meta({ id: 'Unseal', examples: [{ passphrase: 'correct horse battery staple' }] });

export const SealReply = z
  .strictObject({
    is: z
      .enum(['sealed', 'opening', 'failed', 'open'])
      .describe(
        '`opening`: the passphrase was right; `failed`: it was right, but the service could not start',
      ),
    reason: z.string().optional().describe('Reason of the failure'),
  })
  .meta({
    id: 'Seal',
    description: 'Whether the master key is available. Without it every other route answers `SEALED`.',
    examples: [{ is: 'open' }],
  });

export type SealReply = z.output<typeof SealReply>;
