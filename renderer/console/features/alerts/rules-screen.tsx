import { IconBellPlus } from '@tabler/icons-react';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Badge } from '../../../ui/badges/badge.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { EmptyState } from '../../../ui/feedback/note.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Column } from '../../../ui/tables/column.ts';
import { TwoLines } from '../../../ui/tables/data-table.tsx';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { QueryTable } from '../../query-table.tsx';
import { managers } from '../../screen-data.ts';
import { useSession, useWorld } from '../../session/session-query.ts';
import { useAddressPages } from '../../use-address.ts';
import { ChangeRule, RemoveRule } from './rule-dialogs.tsx';
import { alertStrings } from './strings.ts';

export const Route = createLazyRoute('/alerts/rules')({ component: RulesScreen });

type Rule = Schemas['AlertRule'];
const LIMIT = 50;

function RulesScreen() {
  const t = useStrings(alertStrings);
  const env = useWorld();
  const { user } = useSession();
  const { after } = Route.useSearch();
  const [asked, setAsked] = useState<{ what: 'change' | 'remove'; rule: Rule }>();
  const pages = useAddressPages(after);
  const query = useQuery({
    queryKey: ['alert-rules', env, after],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/alert-rules', {
          params: { query: { env, limit: LIMIT, cursor: after } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
  const enable = useEnable();
  const mayChange = managers.includes(user.role);
  const isEmpty = query.data?.items.length === 0;
  return (
    <Page
      title={t('rules')}
      lead={t('rulesLead')}
      parents={[{ label: t('title'), to: '/alerts' }]}
      actions={mayChange && !isEmpty && <AddRecommended />}
    >
      {enable.error && <LoadFailed error={enable.error} title={t('notChanged')} />}
      <QueryTable
        label={t('rules')}
        columns={useColumns()}
        query={query}
        rowId={({ id }) => id}
        rowName={({ name }) => name}
        paging={{ pages, limit: LIMIT }}
        secondLine={(rule) => <RuleState rule={rule} />}
        actions={(rule) =>
          mayChange
            ? [
                { label: t('change'), onClick: () => setAsked({ what: 'change', rule }) },
                {
                  label: rule.enabled ? t('switchOff') : t('switchOn'),
                  onClick: () => enable.mutate(rule),
                },
                { label: t('remove'), danger: true, onClick: () => setAsked({ what: 'remove', rule }) },
              ]
            : []
        }
        empty={
          <EmptyState
            icon={IconBellPlus}
            title={t('noRules')}
            action={mayChange && <AddRecommended primary />}
          >
            {t('noRulesText')}
          </EmptyState>
        }
      />
      {asked?.what === 'change' && <ChangeRule rule={asked.rule} close={() => setAsked(undefined)} />}
      {asked?.what === 'remove' && <RemoveRule rule={asked.rule} close={() => setAsked(undefined)} />}
    </Page>
  );
}

function useEnable() {
  const env = useWorld();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id, enabled }: Rule) =>
      replyOf(
        admin.PATCH('/api/admin/alert-rules/{id}', {
          params: { path: { id }, query: { env } },
          body: { enabled: !enabled },
        }),
      ),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['alert-rules'] }),
  });
}

/** A rule for each metric that has none; nothing is shown where there is none to add. */
function AddRecommended({ primary = false }: { primary?: boolean }) {
  const t = useStrings(alertStrings);
  const env = useWorld();
  const queryClient = useQueryClient();
  const { data } = useQuery({
    queryKey: ['alert-rules', env, 'recommended'],
    queryFn: ({ signal }) =>
      replyOf(admin.GET('/api/admin/alert-rules/recommended', { params: { query: { env } }, signal })),
  });
  const add = useMutation({
    async mutationFn(metrics: readonly Rule['metric'][]) {
      for (const metric of metrics)
        await replyOf(admin.POST('/api/admin/alert-rules', { params: { query: { env } }, body: { metric } }));
      return metrics.length;
    },
    onSuccess: (count) => toast(t('rulesAdded', { count })),
    // Some may have been added before one was refused.
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['alert-rules'] }),
  });
  const metrics = data?.items.map(({ metric }) => metric) ?? [];
  if (metrics.length === 0) return null;
  return (
    <>
      <Button kind={primary ? 'primary' : 'plain'} busy={add.isPending} onClick={() => add.mutate(metrics)}>
        {t('addRecommended', { count: metrics.length })}
      </Button>
      {add.error && <LoadFailed error={add.error} title={t('notAdded')} />}
    </>
  );
}

function RuleState({ rule: { enabled, waitsFor } }: { rule: Rule }) {
  const t = useStrings(alertStrings);
  if (!enabled) return <Badge kind="outline">{t('off')}</Badge>;
  if (waitsFor !== undefined)
    return (
      <span title={waitsFor}>
        <Badge kind="warn">{t('waits')}</Badge>
      </span>
    );
  return <Badge kind="ok">{t('watches')}</Badge>;
}

function useColumns(): readonly Column<Rule>[] {
  const t = useStrings(alertStrings);
  const format = useFormat();
  return useMemo(
    () => [
      {
        id: 'name',
        header: t('rule'),
        cell: ({ name, metric, waitsFor }) => (
          <TwoLines second={waitsFor ?? t(metric)}>
            <b>{name}</b>
          </TwoLines>
        ),
      },
      { id: 'state', header: t('state'), priority: 2, cell: (rule) => <RuleState rule={rule} /> },
      {
        id: 'threshold',
        header: t('threshold'),
        number: true,
        priority: 2,
        cell: ({ threshold }) => format.count(threshold),
      },
      {
        id: 'window',
        header: t('within'),
        number: true,
        priority: 2,
        cell: ({ windowMinutes }) => format.duration(windowMinutes * 60_000),
      },
      {
        id: 'channels',
        header: t('channels'),
        priority: 3,
        cell: ({ channels: { webhook, desktop, email } }) =>
          [webhook && t('webhooks'), desktop && t('desktop'), ...email].filter(Boolean).join(', ') ||
          t('onlyHere'),
      },
    ],
    [t, format],
  );
}
