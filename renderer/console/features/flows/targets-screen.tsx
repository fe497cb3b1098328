import { zodResolver } from '@hookform/resolvers/zod';
import { IconRoute } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { Button } from '../../../ui/controls/index.ts';
import { Form, fieldsOf, useFault } from '../../../ui/forms/index.ts';
import { Card, Note, Page } from '../../../ui/layout/index.ts';
import { Refusal } from '../../../ui/refusal.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { type Columns, DataTable, useColumns } from '../../../ui/tables/index.ts';
import { api, managers, organizationQuery, useSession } from '../../data.ts';
import { ConfirmOperation, FormCommand, Refused, useOperation, WholeListTools } from '../../operations.ts';
import { flowStrings } from './strings.ts';

const Field = fieldsOf<Target>()(flowStrings);

export const Route = createLazyRoute('/flows/targets')({ component: TargetsScreen });

interface Target {
  target: string;
}
const none: readonly string[] = [];

function TargetsScreen() {
  const t = useStrings(flowStrings);
  const { user } = useSession();
  const query = useQuery(organizationQuery);
  const [leaving, setLeaving] = useState<string>();
  const targets = query.data && (query.data.redirectTargets ?? none);
  const rows = useMemo(() => targets?.map((target): Target => ({ target })), [targets]);
  const columns = useColumns(listColumns, flowStrings);
  const mayChange = managers.includes(user.role);
  return (
    <Page
      title={t('targets')}
      lead={t('targetsLead')}
      parents={[{ label: t('title'), to: '/flows' }]}
      reading
    >
      {!mayChange && <Note title={t('targetsReadOnly')} />}
      {mayChange && targets && <AddTarget targets={targets} />}
      <DataTable
        label={t('targets')}
        columns={columns}
        rows={rows}
        rowId={({ target }) => target}
        secondLine={({ target }) => <Kind target={target} />}
        tools={<WholeListTools name="targets" path="/api/admin/organization" rows={rows} columns={columns} />}
        failed={query.error ? <Refused of={query} /> : undefined}
        actions={({ target }) =>
          mayChange ? [{ label: t('targetRemove'), danger: true, onClick: () => setLeaving(target) }] : []
        }
        empty={{ icon: IconRoute, title: t('targetsEmpty'), text: t('targetsEmptyText') }}
      />
      {leaving !== undefined && targets && (
        <ConfirmOperation
          run={() => store(targets.filter((one) => one !== leaving))}
          toast={t('targetRemoved')}
          refresh={['organization', 'flows']}
          close={() => setLeaving(undefined)}
          title={t('targetRemoveTitle', { target: leaving })}
          confirmLabel={t('targetRemove')}
          cancelLabel={t('targetKeep')}
          danger
        >
          {t('targetRemoveText')}
        </ConfirmOperation>
      )}
    </Page>
  );
}

function Kind({ target }: { target: string }) {
  const t = useStrings(flowStrings);
  if (target.endsWith(':')) return <>{t('targetScheme')}</>;
  return <>{t(target.startsWith('http://') ? 'targetOrigin' : 'targetHost')}</>;
}

const listColumns: Columns<Target, typeof flowStrings> = [
  { id: 'target', cell: ({ target }) => <code>{target}</code> },
  {
    id: 'kind',
    csv: false,
    header: 'targetKind',
    priority: 2,
    cell: ({ target }) => <Kind target={target} />,
  },
];

/** All targets together, as the organization has them. */
const store = (redirectTargets: string[]) => api.patch('/api/admin/organization', {}, { redirectTargets });

const detailOf = ({ details }: Refusal) => details.find(({ path }) => path === 'redirectTargets');

function AddTarget({ targets }: { targets: readonly string[] }) {
  const t = useStrings(flowStrings);
  const faultOf = useFault();
  const form = useForm({
    resolver: zodResolver(
      z.object({
        target: z
          .string()
          .trim()
          .min(1, t('targetMissing'))
          .refine((target) => !targets.includes(target.toLowerCase()), t('targetThere')),
      }),
    ),
    mode: 'onSubmit',
    defaultValues: { target: '' },
  });
  const add = useOperation(({ target }: Target) => store([...targets, target]), {
    toast: t('targetAdded'),
    refresh: ['organization', 'flows'],
    done: () => form.reset({ target: '' }),
    refused(refusal) {
      const detail = detailOf(refusal);
      if (detail) form.setError('target', faultOf(detail), { shouldFocus: true });
    },
  });
  const refused = add.error instanceof Refusal ? detailOf(add.error) : undefined;
  return (
    <Form
      form={form}
      onSubmit={(values) => add.mutate(values)}
      failed={refused === undefined && <Refused of={add} />}
    >
      <Card gap={12}>
        <Field name="target" maxLength={260} autoComplete="off" spellCheck={false} />
        <div>
          <Button type="submit" kind="primary" busy={add.isPending}>
            {t('targetAdd')}
          </Button>
        </div>
      </Card>
      <FormCommand form={form} run={add.run} />
    </Form>
  );
}
