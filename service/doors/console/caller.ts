import type { FastifyRequest } from 'fastify';
import { callerOf } from '../../http/authentication.ts';
import { toActor, toRealm } from './translate.ts';

/** Where the key acts, and who it is for the audit log. */
export const realmOf = (request: FastifyRequest) => toRealm(callerOf(request));
export const actorOf = (request: FastifyRequest) => toActor(callerOf(request), request.id);
