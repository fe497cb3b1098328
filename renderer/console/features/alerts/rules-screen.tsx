import { IconBellPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { Badge, Button } from '../../../ui/controls/index.ts';
import { fieldsOf } from '../../../ui/forms/index.ts';
import { Page } from '../../../ui/layout/index.ts';
import { uiStrings, useStrings } from '../../../ui/strings/index.ts';
import { type Columns, TwoLines, useColumns } from '../../../ui/tables/index.ts';
import { api, list, managers, read, type Schemas, useSession, useWorld } from '../../data.ts';
import {
  ConfirmForm,
  ConfirmOperation,
  QueryTable,
  Refused,
  useList,
  useOperation,
} from '../../operations.ts';
import { useAlertName } from '../../reasons/alert-name-strings.ts';
import { alertStrings } from './strings.ts';

export const Route = createLazyRoute('/alerts/rules')({ component: RulesScreen });

type Rule = Schemas['AlertRule'];

function RulesScreen() {
  const t = useStrings(alertStrings);
  const env = useWorld();
  const { user } = useSession();
  const { after } = Route.useSearch();
  const [asked, setAsked] = useState<{ what: 'change' | 'remove'; rule: Rule }>();
  const query = useList(list('/api/admin/alert-rules', { env, cursor: after }));
  const enable = useEnable();
  const nameOf = useAlertName();
  const mayChange = managers.includes(user.role);
  const isEmpty = query.data?.items.length === 0;
  return (
    <Page
      title={t('rules')}
      lead={t('rulesLead')}
      parents={[{ label: t('title'), to: '/alerts' }]}
      actions={mayChange && !isEmpty && <AddRecommended />}
    >
      <Refused of={enable} title={t('notChanged')} />
      <QueryTable
        label={t('rules')}
        columns={useColumns(listColumns, alertStrings, nameOf)}
        query={query}
        rowId={({ id }) => id}
        rowName={(one) => nameOf(one)}
        after={after}
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
        empty={{
          icon: IconBellPlus,
          title: t('noRules'),
          action: mayChange && <AddRecommended primary />,
          text: t('noRulesText'),
        }}
      />
      {asked?.what === 'change' && <ChangeRule rule={asked.rule} close={() => setAsked(undefined)} />}
      {asked?.what === 'remove' && <RemoveRule rule={asked.rule} close={() => setAsked(undefined)} />}
    </Page>
  );
}

function useEnable() {
  const env = useWorld();
  return useOperation(
    ({ id, enabled }: Rule) => api.patch('/api/admin/alert-rules/{id}', { id, env }, { enabled: !enabled }),
    { refresh: ['alert-rules'] },
  );
}

/** A rule for each metric that has none; nothing is shown where there is none to add. */
function AddRecommended({ primary = false }: { primary?: boolean }) {
  const t = useStrings(alertStrings);
  const env = useWorld();
  const { data } = useQuery(read('/api/admin/alert-rules/recommended', { env }));
  const add = useOperation(
    async (metrics: readonly Rule['metric'][]) => {
      for (const metric of metrics) await api.post('/api/admin/alert-rules', { env }, { metric });
      return metrics.length;
    },
    { toast: (count) => t('rulesAdded', { count }), settled: ['alert-rules'] },
  );
  const metrics = data?.items.map(({ metric }) => metric) ?? [];
  if (metrics.length === 0) return null;
  return (
    <>
      <Button kind={primary ? 'primary' : 'plain'} busy={add.isPending} onClick={() => add.mutate(metrics)}>
        {t('addRecommended', { count: metrics.length })}
      </Button>
      <Refused of={add} title={t('notAdded')} />
    </>
  );
}

/** Only a certificate can be missing. */
function RuleState({ rule: { enabled, waitsFor } }: { rule: Rule }) {
  const t = useStrings(alertStrings);
  if (!enabled) return <Badge kind="outline">{t('off')}</Badge>;
  if (waitsFor !== undefined)
    return (
      <Badge kind="warn" title={t('waitsForCertificate')}>
        {t('waits')}
      </Badge>
    );
  return <Badge kind="ok">{t('watches')}</Badge>;
}

const listColumns: Columns<Rule, typeof alertStrings, (rule: Rule) => string> = [
  {
    id: 'name',
    header: 'rule',
    cell: (rule, { t, context: nameOf }) => (
      <TwoLines second={t(rule.waitsFor === undefined ? rule.metric : 'waitsForCertificate')}>
        <b>{nameOf(rule)}</b>
      </TwoLines>
    ),
  },
  { id: 'state', csv: 'enabled', priority: 2, cell: (rule) => <RuleState rule={rule} /> },
  {
    id: 'threshold',
    number: true,
    priority: 2,
    cell: ({ threshold }, { format }) => format.count(threshold),
  },
  {
    id: 'window',
    csv: 'windowMinutes',
    header: 'within',
    number: true,
    priority: 2,
    cell: ({ windowMinutes }, { format }) => format.duration(windowMinutes * 60_000),
  },
  {
    id: 'channels',
    priority: 3,
    cell: ({ channels: { webhook, desktop, email } }, { t }) =>
      [webhook && t('webhooks'), desktop && t('desktop'), ...email].filter(Boolean).join(', ') ||
      t('onlyHere'),
  },
];

type RuleValues = Pick<Rule, 'name' | 'threshold' | 'windowMinutes' | 'holdOffMinutes'> & {
  webhooks: boolean;
  desktop: boolean;
  mailTo: string[];
};
const Field = fieldsOf<RuleValues>()(alertStrings);

/** When it fires, and where its alerts go. */
function ChangeRule({ rule, close }: { rule: Rule; close(): void }) {
  const t = useStrings(alertStrings);
  const ui = useStrings(uiStrings);
  const env = useWorld();
  const { id, name, metric, threshold, windowMinutes, holdOffMinutes, channels } = rule;
  const form = useForm<RuleValues>({
    defaultValues: {
      name,
      threshold,
      windowMinutes,
      holdOffMinutes,
      webhooks: channels.webhook,
      desktop: channels.desktop,
      mailTo: channels.email,
    },
  });
  return (
    <ConfirmForm
      form={form}
      run={({ webhooks, desktop, mailTo, ...rest }) =>
        api.patch(
          '/api/admin/alert-rules/{id}',
          { id, env },
          { ...rest, channels: { webhook: webhooks, desktop, email: mailTo } },
        )
      }
      toast={(_, values) => [t('ruleChanged'), values.name]}
      refresh={['alert-rules']}
      title={t('changeTitle', { name })}
      confirmLabel={ui('save')}
      close={close}
    >
      <Field name="name" maxLength={120} />
      <Field name="threshold" as="number" hint={t(metric)} min={0} />
      <Field name="windowMinutes" as="number" min={0} />
      <Field name="holdOffMinutes" as="number" min={0} />
      <Field name="webhooks" as="check" />
      <Field name="desktop" as="check" />
      <MailTo chosen={channels.email} />
    </ConfirmForm>
  );
}

/** Approved addresses, and those that the rule names already. */
function MailTo({ chosen }: { chosen: readonly string[] }) {
  const t = useStrings(alertStrings);
  const { data } = useQuery(read('/api/admin/mail-recipients', { limit: 200 }));
  const addresses = [...new Set([...chosen, ...(data?.items.map(({ address }) => address) ?? [])])];
  return (
    <>
      <Field
        name="mailTo"
        as="several"
        options={addresses.map((address) => ({ value: address, label: address }))}
      />
      {data && addresses.length === 0 && <span className="small muted">{t('mailToNone')}</span>}
    </>
  );
}

function RemoveRule({ rule, close }: { rule: Rule; close(): void }) {
  const t = useStrings(alertStrings);
  const env = useWorld();
  return (
    <ConfirmOperation
      run={() => api.delete('/api/admin/alert-rules/{id}', { id: rule.id, env })}
      toast={[t('ruleRemoved'), rule.name]}
      refresh={['alert-rules']}
      danger
      title={t('removeTitle', { name: rule.name })}
      confirmLabel={t('remove')}
      cancelLabel={t('keep')}
      close={close}
    >
      {t('removeText')}
    </ConfirmOperation>
  );
}
