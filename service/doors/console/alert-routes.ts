import type { FastifyPluginAsync } from 'fastify';
import type { z } from 'zod';
import { defined } from '../../lib/defined.ts';
import { actorOf, realmOf } from './caller.ts';
import type { ConsoleDeps } from './console-deps.ts';
import { cutPage, paramsOf, toPage } from './page.ts';
import { fromAlert, fromAlertRule, toAlertRuleChange, toNewAlertRule } from './translate-alerts.ts';
import { Nothing } from './wire.ts';
import { AlertQuery, AlertRuleChange, NewAlertRule, RuleQuery } from './wire-alerts.ts';
import { AlertPage, AlertReply, AlertRulePage, AlertRuleReply } from './wire-replies-alerts.ts';

const params = { alert: paramsOf('alert'), rule: paramsOf('rule') };
type One = { Params: z.output<(typeof params)['alert']> };
const tags = ['alerts'];
const config = { access: 'admin' } as const;
const mailing = ['RECIPIENT_NOT_APPROVED', 'DESTINATION_NOT_GRANTED', 'DESTINATION_FORBIDDEN'] as const;
const changing = { ...config, refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'] } as const;

/** Rules that watch what happens, and what they found. */
export const alertRoutes: FastifyPluginAsync<Pick<ConsoleDeps, 'alerts'>> = async (app, { alerts }) => {
  app.get<{ Querystring: AlertQuery }>(
    '/api/admin/alerts',
    {
      config,
      schema: {
        operationId: 'listAlerts',
        summary: 'List alerts',
        description: 'What the rules found, and what became of each notification.',
        tags,
        querystring: AlertQuery,
        response: { 200: AlertPage },
      },
    },
    async (request) => {
      const { limit, ...filter } = request.query;
      const found = await alerts.list(realmOf(request), { ...defined(filter), limit: limit + 1 });
      return toPage(found.map(fromAlert), limit);
    },
  );

  app.post<One>(
    '/api/admin/alerts/:id/acknowledge',
    {
      config: { ...config, refuses: ['NOT_FOUND', 'STORAGE_FULL'] },
      schema: {
        operationId: 'acknowledgeAlert',
        summary: 'Acknowledge an alert',
        description: 'Somebody has seen it. Twice changes nothing: the first stays.',
        tags,
        params: params.alert,
        body: Nothing,
        response: { 200: AlertReply },
      },
    },
    async (request) =>
      fromAlert(await alerts.acknowledge(realmOf(request), request.params.id, actorOf(request))),
  );

  app.get<{ Querystring: z.output<typeof RuleQuery> }>(
    '/api/admin/alert-rules',
    {
      config,
      schema: {
        operationId: 'listAlertRules',
        summary: 'List alert rules',
        description: 'What is watched in the organization, in the world of the key.',
        tags,
        querystring: RuleQuery,
        response: { 200: AlertRulePage },
      },
    },
    async (request) => cutPage((await alerts.listRules(realmOf(request))).map(fromAlertRule), request.query),
  );

  app.post<{ Body: NewAlertRule }>(
    '/api/admin/alert-rules',
    {
      config: { ...config, refuses: ['CONFLICT', ...mailing, 'STORAGE_FULL'] },
      schema: {
        operationId: 'createAlertRule',
        summary: 'Create an alert rule',
        description:
          'It watches from now on. What is left out is as recommended for the metric. `waitsFor` says what it still needs, such as a model. A rule that mails needs a grant for the mail server, and recipients that an operator approved.',
        tags,
        body: NewAlertRule,
        response: { 201: AlertRuleReply },
      },
    },
    async (request, reply) =>
      reply
        .code(201)
        .send(
          fromAlertRule(
            await alerts.addRule(realmOf(request), toNewAlertRule(request.body), actorOf(request)),
          ),
        ),
  );

  app.patch<One & { Body: AlertRuleChange }>(
    '/api/admin/alert-rules/:id',
    {
      config: { ...changing, refuses: [...changing.refuses, ...mailing] },
      schema: {
        operationId: 'changeAlertRule',
        summary: 'Change an alert rule',
        description:
          'What is named is changed, the rest stays; `filter` is replaced as a whole. The metric cannot be changed: make another. `enabled: false` stops it without removing it.',
        tags,
        params: params.rule,
        body: AlertRuleChange,
        response: { 200: AlertRuleReply },
      },
    },
    async (request) =>
      fromAlertRule(
        await alerts.changeRule(
          realmOf(request),
          request.params.id,
          toAlertRuleChange(request.body),
          actorOf(request),
        ),
      ),
  );

  app.delete<One>(
    '/api/admin/alert-rules/:id',
    {
      config: changing,
      schema: {
        operationId: 'removeAlertRule',
        summary: 'Remove an alert rule',
        description: 'It watches no more; the alerts it gave stay.',
        tags,
        params: params.rule,
        response: { 204: Nothing.describe('Removed') },
      },
    },
    async (request, reply) => {
      await alerts.removeRule(realmOf(request), request.params.id, actorOf(request));
      return reply.code(204).send();
    },
  );
};
