import {
  type Organization,
  type Organizations,
  retentionPolicy,
} from '../../../engine/organizations/index.ts';
import type { Retention, Sweep, SweepReport } from '../../../engine/retention/index.ts';
import { toPage } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import { time } from '../../../lib/time.ts';
import { managers, ofAppliance, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import {
  ClockOrder,
  ClockReply,
  PreviewReply,
  RetentionChange,
  RetentionReply,
  SweepOrder,
  SweepPage,
  SweepQuery,
  SweepReply,
  WaitingReply,
} from './wire.ts';

export interface RetentionRouteDeps {
  organizations: Pick<Organizations, 'get' | 'setRetention'>;
  retention: Pick<Retention, 'preview' | 'sweep' | 'sweeps' | 'waiting' | 'confirmClock'>;
}

const ofOne = {
  tag: 'retention',
  within: 'organization',
  keyRefusal: 'No API key may see or change terms of retention: on the box run "gatehouse retention".',
} as const;
const ofBox = {
  tag: 'retention',
  within: 'appliance',
  may: ofAppliance,
} as const;
const looking = { operator: true, administrator: readers, key: false } as const;
const changing = { operator: true, administrator: managers, key: false } as const;

/** Terms, and the sweeps that keep them. */
export const retentionRoutes = (deps: RetentionRouteDeps): AdminRoute[] => [
  ...termRoutes(deps),
  ...sweepRoutes(deps),
  ...clockRoutes(deps),
];

const termRoutes = ({ organizations }: RetentionRouteDeps): AdminRoute[] => [
  route({
    ...ofOne,
    method: 'GET',
    url: '/retention',
    operationId: 'getRetention',
    effect: 'none',
    summary: 'Show the retention terms',
    description: 'How long data of the organization is kept.',
    may: looking,
    reply: RetentionReply,
    refuses: ['NOT_FOUND'],
    handle: async ({ organization }) => fromTerms(await organizations.get(organization)),
  }),
  route({
    ...ofOne,
    method: 'PATCH',
    url: '/retention',
    operationId: 'changeRetention',
    effect: 'destroys',
    summary: 'Change the retention terms',
    description: 'Shorter terms take effect at the next sweep.',
    may: changing,
    body: RetentionChange,
    reply: RetentionReply,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: async ({ organization, body, who }) =>
      fromTerms(await organizations.setRetention(organization, defined(body), who)),
  }),
];

const sweepRoutes = ({ retention }: RetentionRouteDeps): AdminRoute[] => [
  route({
    ...ofOne,
    method: 'GET',
    url: '/retention/preview',
    operationId: 'previewSweep',
    effect: 'none',
    summary: 'Preview a sweep',
    description: 'Changes nothing.',
    may: looking,
    lasting: 'followed',
    reply: PreviewReply,
    refuses: ['NOT_FOUND'],
    handle: ({ organization }) => retention.preview(organization),
  }),
  route({
    ...ofOne,
    method: 'GET',
    url: '/retention/sweeps',
    operationId: 'listSweeps',
    effect: 'none',
    summary: 'List sweeps',
    description: 'Past sweeps and their results.',
    may: looking,
    query: SweepQuery,
    reply: SweepPage,
    refuses: ['NOT_FOUND'],
    async handle({ organization, query: { limit, cursor } }) {
      const found = await retention.sweeps(organization, defined({ before: cursor, limit: limit + 1 }));
      return toPage(found.map(fromSweep), limit, ({ id }) => id);
    },
  }),
  route({
    ...ofOne,
    method: 'POST',
    url: '/retention/sweeps',
    operationId: 'sweep',
    effect: 'destroys',
    approval: 'retention.sweep',
    summary: 'Sweep now',
    description: 'Erases people and deletes data past their retention term. People under a legal hold stay.',
    may: changing,
    lasting: 'followed',
    body: SweepOrder,
    status: 201,
    reply: SweepReply,
    refuses: ['NOT_FOUND', 'CONFIRMATION_REQUIRED', 'CONFLICT', 'STORAGE_FULL'],
    async handle({ organization, body: { confirm }, who, request }) {
      if (confirm === undefined) throw unconfirmed(await retention.preview(organization));
      return fromSweep(await retention.sweep(organization, { actor: who, request, confirm }));
    },
  }),
];

const clockRoutes = ({ retention }: RetentionRouteDeps): AdminRoute[] => [
  route({
    ...ofBox,
    method: 'GET',
    url: '/retention/waiting',
    operationId: 'getWaitingSweeps',
    effect: 'none',
    summary: 'Show what needs confirmation',
    description: 'Sweeps that must be confirmed, and doubts about the clock.',
    reply: WaitingReply,
    handle: () => retention.waiting(),
  }),
  route({
    ...ofBox,
    method: 'POST',
    url: '/retention/clock',
    operationId: 'confirmClock',
    effect: 'destroys',
    summary: 'Confirm the clock',
    description: 'Sweeps that stopped because of doubts about the clock continue.',
    body: ClockOrder,
    reply: ClockReply,
    refuses: ['STORAGE_FULL'],
    handle: async ({ body: { today }, who, request }) => ({
      now: time((await retention.confirmClock({ today, actor: who, request })).now),
    }),
  }),
];

const fromTerms = (organization: Pick<Organization, 'retention'>) => ({
  terms: retentionPolicy(organization),
  set: organization.retention ?? {},
});

const fromSweep = ({ startedAt, finishedAt, ...rest }: Sweep): SweepReply => ({
  ...rest,
  startedAt: time(startedAt),
  finishedAt: finishedAt === undefined ? undefined : time(finishedAt),
});

/** A call that says nothing of what it would destroy destroys nothing. */
function unconfirmed({ due, rows, asks }: SweepReport & { asks?: string }): Problem {
  const people = Object.values(due).reduce((sum, count) => sum + count, 0);
  return new Problem(
    'CONFIRMATION_REQUIRED',
    `Nothing was swept. ${asks === undefined ? '' : `${asks} `}A sweep now would erase people: ${people}, verifications: ${rows.verifications}, events: ${rows.events}. Look at “gatehouse retention sweep --dry-run”, then confirm with the number of people: “gatehouse retention sweep --confirm ${people}”.`,
  );
}
