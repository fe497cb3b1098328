import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { KeyCustody } from '../../engine/keys/index.ts';
import { operator } from './operator.ts';
import { parse } from './parse.ts';

export interface VaultRouteDeps {
  custody: KeyCustody;
}

const passphrase = z.string().min(1).max(2048).describe('the passphrase of the master key');
const WithPassphrase = z.strictObject({ passphrase: passphrase.optional() });
const NewPassphrase = z.strictObject({ passphrase, current: passphrase.optional() });
const NewFile = z.strictObject({
  path: z.string().min(1).max(4096).startsWith('/', 'It must be an absolute path.').optional(),
  passphrase: passphrase.optional(),
});
const SigningParams = z.strictObject({ purpose: z.enum(['audit', 'receipts']) });

/** The master key and the signing keys: what there is, and putting others in their place. */
export const vaultRoutes: FastifyPluginAsync<VaultRouteDeps> = async (app, { custody }) => {
  app.get('/master', async () => custody.master());
  app.post('/master/rotate', async (request) => {
    const { passphrase } = parse(WithPassphrase, request.body ?? {});
    return custody.rotateMaster(passphrase, operator(request));
  });
  app.post('/master/passphrase', async (request) => {
    const { passphrase, current } = parse(NewPassphrase, request.body);
    if (current === undefined) return custody.setPassphrase(passphrase, operator(request));
    return custody.changePassphrase(current, passphrase, operator(request));
  });
  app.post('/master/file', async (request) => {
    const { path, passphrase } = parse(NewFile, request.body ?? {});
    return custody.useFile(path, passphrase, operator(request));
  });

  app.get('/signing-keys', async () => ({ keys: custody.signingKeys() }));
  app.post('/signing-keys/:purpose/rotate', async (request) =>
    custody.rotateSigning(parse(SigningParams, request.params).purpose, operator(request)),
  );
};
