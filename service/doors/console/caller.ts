import type { FastifyRequest } from 'fastify';
import { keyOf } from '../../http/authentication.ts';
import { toActor, toRealm } from './translate.ts';

/** Where the key acts, and who it is for the audit log. */
export const realmOf = (request: FastifyRequest) => toRealm(keyOf(request));
export const actorOf = (request: FastifyRequest) => toActor(keyOf(request), request.id);
