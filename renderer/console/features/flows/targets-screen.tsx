import { zodResolver } from '@hookform/resolvers/zod';
import { IconRoute } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { Button } from '../../../ui/controls/button.tsx';
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx';
import { EmptyState, Note } from '../../../ui/feedback/note.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { TextField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { Card, Stack } from '../../../ui/layout/layout.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Column } from '../../../ui/tables/column.ts';
import { DataTable } from '../../../ui/tables/data-table.tsx';
import { admin, replyOf } from '../../api/admin.ts';
import { Refusal } from '../../api/refusal.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { organizationQuery } from '../../organization-query.ts';
import { managers } from '../../screen-data.ts';
import { useSession } from '../../session/session-query.ts';
import { flowStrings } from './strings.ts';

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
        columns={useColumns()}
        rows={rows}
        rowId={({ target }) => target}
        secondLine={({ target }) => <Kind target={target} />}
        failed={
          query.error ? <LoadFailed error={query.error} retry={() => void query.refetch()} /> : undefined
        }
        actions={({ target }) =>
          mayChange ? [{ label: t('targetRemove'), danger: true, onClick: () => setLeaving(target) }] : []
        }
        empty={
          <EmptyState icon={IconRoute} title={t('targetsEmpty')}>
            {t('targetsEmptyText')}
          </EmptyState>
        }
      />
      {leaving !== undefined && targets && (
        <RemoveTarget target={leaving} targets={targets} close={() => setLeaving(undefined)} />
      )}
    </Page>
  );
}

function Kind({ target }: { target: string }) {
  const t = useStrings(flowStrings);
  if (target.endsWith(':')) return <>{t('targetScheme')}</>;
  return <>{t(target.startsWith('http://') ? 'targetOrigin' : 'targetHost')}</>;
}

function useColumns(): readonly Column<Target>[] {
  const t = useStrings(flowStrings);
  return useMemo(
    () => [
      { id: 'target', header: t('target'), cell: ({ target }) => <code>{target}</code> },
      { id: 'kind', header: t('targetKind'), priority: 2, cell: ({ target }) => <Kind target={target} /> },
    ],
    [t],
  );
}

/** Stores all targets together, as the organization has them. */
function useTargets(said: string, done: () => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (redirectTargets: string[]) =>
      replyOf(admin.PATCH('/api/admin/organization', { params: { query: {} }, body: { redirectTargets } })),
    async onSuccess() {
      toast(said);
      done();
      await queryClient.invalidateQueries({ queryKey: organizationQuery.queryKey });
      await queryClient.invalidateQueries({ queryKey: ['flows'] });
    },
  });
}

function AddTarget({ targets }: { targets: readonly string[] }) {
  const t = useStrings(flowStrings);
  const ui = useStrings(uiStrings);
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
  const add = useTargets(t('targetAdded'), () => form.reset({ target: '' }));
  const refused = add.error instanceof Refusal ? add.error.fields.get('redirectTargets') : undefined;
  return (
    <Form
      form={form}
      onSubmit={({ target }) =>
        add.mutate([...targets, target], {
          onError: (error) => {
            const message = error instanceof Refusal ? error.fields.get('redirectTargets') : undefined;
            if (message !== undefined) form.setError('target', { message }, { shouldFocus: true });
          },
        })
      }
      failed={
        add.error && refused === undefined && <LoadFailed error={add.error} title={ui('couldNotSave')} />
      }
    >
      <Card>
        <Stack gap={12}>
          <TextField
            control={form.control}
            name="target"
            label={t('target')}
            hint={t('targetHint')}
            maxLength={260}
            autoComplete="off"
            spellCheck={false}
          />
          <div>
            <Button type="submit" kind="primary" busy={add.isPending}>
              {t('targetAdd')}
            </Button>
          </div>
        </Stack>
      </Card>
    </Form>
  );
}

function RemoveTarget({
  target,
  targets,
  close,
}: {
  target: string;
  targets: readonly string[];
  close(): void;
}) {
  const t = useStrings(flowStrings);
  const remove = useTargets(t('targetRemoved'), close);
  return (
    <ConfirmDialog
      opened
      title={t('targetRemoveTitle', { target })}
      confirmLabel={t('targetRemove')}
      cancelLabel={t('targetKeep')}
      danger
      busy={remove.isPending}
      failed={remove.error && <LoadFailed error={remove.error} />}
      onConfirm={() => remove.mutate(targets.filter((one) => one !== target))}
      onCancel={close}
    >
      {t('targetRemoveText')}
    </ConfirmDialog>
  );
}
