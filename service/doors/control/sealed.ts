import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { Problem } from '../../lib/problem.ts';
import { controlErrors } from './errors.ts';
import { operator } from './operator.ts';
import { parse } from './parse.ts';

export type SealState = { is: 'sealed' } | { is: 'opening' } | { is: 'failed'; reason: string };

export interface SealedDeps {
  state(): SealState;
  /** Resolves when the state changes, or after so many milliseconds. */
  changed(milliseconds: number): Promise<void>;
  /** Throws WRONG_PASSPHRASE, and BURST_LIMIT_EXCEEDED after wrong tries. */
  open(passphrase: string, operatorName: string): Promise<void>;
}

const Unseal = z.strictObject({ passphrase: z.string().min(1).max(2048).describe('the passphrase') });
const Waiting = z.object({ wait: z.string().optional() });
const MOST_WAIT = 1_000;

/** The control socket before the master key is open: it can be opened, and says how that goes. */
export const sealedControlDoor: FastifyPluginAsync<SealedDeps> = async (app, { state, changed, open }) => {
  app.decorate('wireErrors', controlErrors);
  app.get('/status', async (request) => {
    if (parse(Waiting, request.query).wait !== undefined) await changed(MOST_WAIT);
    return { sealed: state() };
  });
  app.post('/unseal', async (request, reply) => {
    const { passphrase } = parse(Unseal, request.body);
    const actor = operator(request);
    await open(passphrase, actor.is === 'operator' ? actor.name : 'unknown');
    return reply.code(202).send({ sealed: state() });
  });
  app.all('/*', {
    onRequest: async () => {
      throw new Problem('SEALED', 'The service is sealed: open it with "gatehouse unseal", then try again.');
    },
    handler: async () => undefined,
  });
};
