import type { Sessions } from '../../../engine/sessions/index.ts';
import { toPage } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import { paramsOf } from '../ids.ts';
import { operators, sessionDeciders, sessionReaders } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromSession, fromWhole } from './translate.ts';
import {
  SessionDecisionRequest,
  SessionPageReply,
  SessionPictureParams,
  SessionReply,
  SessionsQuery,
  WholeSessionReply,
} from './wire.ts';

export interface LiveSessionRouteDeps {
  liveSessions: Pick<Sessions, 'page' | 'read' | 'picture' | 'cancel' | 'review'>;
}

const about = {
  tag: 'live sessions',
  within: 'world',
  keyRefusal:
    'No API key may read sessions of other callers: use the routes of its own family, events and webhooks.',
} as const;

/** Sessions of people in front of a camera, of every flow. */
export const liveSessionRoutes = ({ liveSessions }: LiveSessionRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/sessions',
    operationId: 'listLiveSessions',
    effect: 'reads-personal',
    summary: 'List live sessions',
    description: 'The newest first. Sealed fields are not opened.',
    may: { operator: true, administrator: sessionReaders, key: false },
    query: SessionsQuery,
    reply: SessionPageReply,
    async handle({ realm, query: { cursor, limit, inReview, ...filter } }) {
      const found = await liveSessions.page(realm, {
        ...defined(filter),
        limit: limit + 1,
        ...(inReview && { held: true as const }),
        ...defined({ before: cursor?.id }),
      });
      return toPage(found.map(fromSession), limit, ({ id }) => ({ id }));
    },
  }),
  route({
    ...about,
    method: 'GET',
    url: '/sessions/:id',
    operationId: 'getLiveSession',
    effect: 'reads-personal',
    summary: 'Show a live session',
    description:
      'With the evidence of its deciding attempt and its sealed values. The access is recorded in the audit log.',
    may: { operator: true, administrator: sessionReaders, key: false },
    params: paramsOf('session'),
    reply: WholeSessionReply,
    refuses: ['NOT_FOUND'],
    handle: async ({ realm, params: { id }, who, request }) =>
      fromWhole(await liveSessions.read(realm, id, who, request)),
  }),
  ...decidingRoutes({ liveSessions }),
  route({
    ...about,
    method: 'POST',
    url: '/sessions/:id/cancel',
    operationId: 'cancelLiveSession',
    effect: 'none',
    summary: 'Cancel a live session',
    description: 'The person cannot go on; the relying party gets a rejection.',
    may: { operator: true, administrator: operators, key: false },
    params: paramsOf('session'),
    reply: SessionReply,
    refuses: ['NOT_FOUND', 'CONFLICT'],
    handle: async ({ realm, params: { id }, who, request }) =>
      fromSession(await liveSessions.cancel(realm, id, who, request)),
  }),
];

const decidingRoutes = ({ liveSessions }: LiveSessionRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/sessions/:id/pictures/:index',
    operationId: 'getLiveSessionPicture',
    effect: 'reads-personal',
    summary: 'Show a picture of a session that waits for a person',
    description:
      'A JPEG of the last attempt, the newest of a step; `pictures` of the session names the steps. Kept where the profile has a person decide about undecided attempts or suspect cameras (`undecided`, `suspectCamera`: `review`), sealed, and deleted with the decision. The access is recorded in the audit log.',
    may: { operator: true, administrator: sessionDeciders, key: false },
    params: SessionPictureParams,
    picture: true,
    refuses: ['NOT_FOUND'],
    handle: ({ realm, params: { id, index }, who, request }) =>
      liveSessions.picture(realm, id, index, { actor: who, ...defined({ request }) }),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/sessions/:id/decide',
    operationId: 'decideLiveSession',
    effect: 'changes-identity',
    daily: true,
    summary: 'Decide a session that waits for a person',
    description:
      'For a session with `waitsFor` `without-motion`: the person passed the check without moving the head, which an old recording passes too. With `camera`: the camera had the name of a program that passes films off as a camera, or it changed in the attempt, and the profile has a person decide. With `undecided`: the evidence of the last attempt neither suffices for a living person nor refuses one, and the profile has a person decide. Where `pictures` of the session is there, look at them; else see or call the person before you approve. If the organization requires two administrators, the first call is a vote.',
    may: { operator: true, administrator: sessionDeciders, key: false },
    params: paramsOf('session'),
    body: SessionDecisionRequest,
    reply: SessionReply,
    refuses: ['NOT_FOUND', 'CONFLICT'],
    handle: async ({ realm, params: { id }, body: { decision }, who, request }) =>
      fromSession(
        await liveSessions.review(realm, id, {
          approve: decision === 'approve',
          actor: who,
          ...defined({ request }),
        }),
      ),
  }),
];
