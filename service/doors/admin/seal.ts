import { z } from 'zod';
import { Problem } from '../../lib/problem.ts';
import { ofOperator } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const SealQuery = z.strictObject({
  wait: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000)
    .default(0)
    .describe('Milliseconds to wait for a change of state'),
});

const Unseal = z
  .strictObject({ passphrase: z.string().min(1).max(2048).describe('The passphrase of the master key') })
  .meta({ id: 'Unseal', examples: [{ passphrase: 'correct horse battery staple' }] });

const SealReply = z
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

export type SealState =
  | { is: 'sealed' }
  | { is: 'opening' }
  | { is: 'failed'; reason: string }
  | { is: 'open' };

export interface Seal {
  state(): SealState;
  /** Resolves when the state changes, or after so many milliseconds. */
  changed(milliseconds: number): Promise<void>;
  /** Throws WRONG_PASSPHRASE, and BURST_LIMIT_EXCEEDED after wrong tries. */
  open(passphrase: string, operatorName: string): Promise<void>;
}

/** Seal of a service that is not sealed. */
export const openSeal: Seal = {
  state: () => ({ is: 'open' }),
  changed: async () => {},
  open: async () => {
    throw new Problem('CONFLICT', 'The service is not sealed.');
  },
};

const about = {
  tag: 'key-store',
  within: 'appliance',
  may: ofOperator,
} as const;

/** The only routes that a sealed service answers. */
export const sealRoutes = (seal: Seal): AdminRoute[] => [
  route('GET /seal', {
    ...about,
    operationId: 'getSeal',
    effect: 'none',
    summary: 'Show whether the service is sealed',
    description: 'A sealed service waits for the passphrase of its master key.',
    quiet: true,
    query: SealQuery,
    reply: SealReply,
    async handle({ query: { wait } }) {
      if (wait > 0) await seal.changed(wait);
      return seal.state();
    },
  }),
  route('POST /unseal', {
    ...about,
    operationId: 'unseal',
    effect: 'none',
    summary: 'Unseal the service',
    description: 'The service starts in the background.',
    body: Unseal,
    status: 202,
    reply: SealReply,
    refuses: ['WRONG_PASSPHRASE', 'BURST_LIMIT_EXCEEDED', 'CONFLICT'],
    async handle({ body: { passphrase }, who }) {
      await seal.open(passphrase, who.is === 'operator' ? who.name : 'unknown');
      return seal.state();
    },
  }),
];
