import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { KeyPlaceReport, KeyPlaces } from '../../engine/keys/index.ts';
import { time } from '../../lib/time.ts';
import { operator } from './operator.ts';
import { parse } from './parse.ts';

export interface KeystoreDeps {
  keyPlaces: KeyPlaces;
}

const folder = z.string().min(1).max(4096).describe('absolute folder');
const NewPlace = z.strictObject({ folder });
const OldPlace = z.strictObject({ folder, wipe: z.boolean() });

const DestroyedPlace = z.strictObject({
  folder,
  copy: z.string().min(1).max(100).optional(),
  confirm: z.string().max(4096).optional(),
});

const fromPlace = ({ place, copy, state, since, reason, addedAt }: KeyPlaceReport) => ({
  place,
  ...(copy === undefined ? {} : { copy }),
  state,
  ...(since === undefined ? {} : { since: time(since) }),
  ...(reason === undefined ? {} : { reason }),
  addedAt: time(addedAt),
});

/** The places where copies of the key store are kept. */
export const keystoreRoutes: FastifyPluginAsync<KeystoreDeps> = async (app, { keyPlaces }) => {
  app.get('/keystore/places', async () => ({ places: (await keyPlaces.list()).map(fromPlace) }));
  app.post('/keystore/places', async (request, reply) => {
    const { folder } = parse(NewPlace, request.body);
    return reply.code(201).send(fromPlace(await keyPlaces.add(folder, operator(request))));
  });
  app.post('/keystore/places/remove', async (request) => {
    const { folder, wipe } = parse(OldPlace, request.body);
    return fromPlace(await keyPlaces.remove(folder, { wipe }, operator(request)));
  });
  app.post('/keystore/places/destroyed', async (request) => {
    const { folder, copy, confirm } = parse(DestroyedPlace, request.body);
    const options = { ...(copy !== undefined && { copy }), ...(confirm !== undefined && { confirm }) };
    return keyPlaces.attest(folder, options, operator(request));
  });
  app.post('/keystore/sync', async () => ({ places: (await keyPlaces.sync()).map(fromPlace) }));
};
