import { IconDownload, IconPlus, IconUsersGroup } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { roles } from '../../../../sdk/admin/values.ts';
import { Button, ButtonLink } from '../../../ui/controls/button.tsx';
import { EmptyState } from '../../../ui/feedback/note.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { RowAction } from '../../../ui/tables/column.ts';
import { DataTable } from '../../../ui/tables/data-table.tsx';
import { type Filter, FilterBar, type FilterValues } from '../../../ui/tables/filter-bar.tsx';
import { admin, allPages, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { saveFile } from '../../save-file.ts';
import { useSession } from '../../session/session-query.ts';
import { toAccessReview } from './access-review.ts';
import { type Administrator, State, useColumns } from './administrator-columns.tsx';
import { matches } from './administrator-state.ts';
import { ChangeAdministrator } from './change-administrator.tsx';
import { CodePage } from './code-page.tsx';
import { ConfirmChange } from './confirm-change.tsx';
import { ResetAdministrator } from './reset-administrator.tsx';
import { administratorStrings } from './strings.ts';

export const Route = createLazyRoute('/administrators')({ component: AdministratorsScreen });

type Asked = { what: 'change' | 'reset' | 'disable' | 'enable' | 'unlock' | 'remove'; about: Administrator };

function AdministratorsScreen() {
  const t = useStrings(administratorStrings);
  const filters = Route.useSearch();
  const navigate = useNavigate();
  const [asked, setAsked] = useState<Asked>();
  const [code, setCode] = useState<{ of: Administrator; code: string }>();
  const { data, error, refetch } = useQuery({
    queryKey: ['administrators'],
    queryFn: async ({ signal }) => ({
      items: await allPages((query) =>
        replyOf(admin.GET('/api/admin/administrators', { params: { query }, signal })),
      ),
    }),
  });
  const actionsOf = useActions(setAsked);
  const columns = useColumns();
  const choices = useFilters();
  const { role, state, find } = filters;
  const isFiltered = role !== undefined || state !== undefined || find !== undefined;
  const close = () => setAsked(undefined);
  const change = (patch: FilterValues) => void navigate({ to: '.', search: (now) => ({ ...now, ...patch }) });
  if (code)
    return (
      <CodePage title={t('codeFor', { name: code.of.name })} {...code} done={() => setCode(undefined)} />
    );
  return (
    <Page title={t('title')} lead={t('lead')} actions={<Actions administrators={data?.items} />}>
      <DataTable
        label={t('title')}
        columns={columns}
        rows={data?.items.filter((one) => matches(one, { role, state, find }))}
        rowId={({ id }) => id}
        rowName={({ name }) => name}
        secondLine={(one) => <State of={one} withRole />}
        failed={error ? <LoadFailed error={error} retry={() => void refetch()} /> : undefined}
        actions={actionsOf}
        filters={
          <FilterBar
            filters={choices}
            values={filters as FilterValues}
            change={change}
            search={{ key: 'find', label: t('find') }}
          />
        }
        {...(isFiltered && {
          clearFilters: () => change({ role: undefined, state: undefined, find: undefined }),
        })}
        empty={
          <EmptyState icon={IconUsersGroup} title={t('empty')} action={<AddLink />}>
            {t('emptyText')}
          </EmptyState>
        }
      />
      {asked?.what === 'change' && <ChangeAdministrator of={asked.about} close={close} />}
      {asked?.what === 'reset' && (
        <ResetAdministrator
          of={asked.about}
          close={close}
          done={(made) => {
            close();
            setCode({ of: asked.about, code: made });
          }}
        />
      )}
      {asked && asked.what !== 'change' && asked.what !== 'reset' && (
        <ConfirmChange what={asked.what} of={asked.about} close={close} />
      )}
    </Page>
  );
}

function AddLink() {
  const t = useStrings(administratorStrings);
  const { user } = useSession();
  if (user.role !== 'owner') return null;
  return (
    <ButtonLink to="/administrators/new" kind="primary">
      <IconPlus size={18} stroke={1.75} aria-hidden="true" />
      {t('add')}
    </ButtonLink>
  );
}

/** The review lists all accounts, whatever the filters show. */
function Actions({ administrators = [] }: { administrators?: readonly Schemas['Administrator'][] }) {
  const t = useStrings(administratorStrings);
  if (administrators.length === 0) return null;
  const save = () => {
    const day = new Date().toISOString().slice(0, 10);
    saveFile(`access-review-${day}.csv`, toAccessReview(administrators), 'text/csv;charset=utf-8');
  };
  return (
    <>
      <Button onClick={save}>
        <IconDownload size={18} stroke={1.75} aria-hidden="true" />
        {t('review')}
      </Button>
      <AddLink />
    </>
  );
}

/** Only owners change accounts, and only an appliance owner that of another appliance owner. The own account cannot be removed. */
function useActions(ask: (asked: Asked) => void) {
  const t = useStrings(administratorStrings);
  const { user } = useSession();
  if (user.role !== 'owner') return undefined;
  return (about: Administrator): (RowAction | false)[] => {
    if (about.applianceOwner && !user.applianceOwner) return [];
    const isOwn = about.id === user.id;
    const action = (what: Asked['what'], danger = false): RowAction => ({
      label: t(what),
      danger,
      onClick: () => ask({ what, about }),
    });
    return [
      action('change'),
      !isOwn && action('reset'),
      !isOwn && action('unlock'),
      !isOwn && (about.disabledAt === undefined ? action('disable', true) : action('enable')),
      !isOwn && action('remove', true),
    ];
  };
}

function useFilters(): readonly Filter[] {
  const t = useStrings(administratorStrings);
  return useMemo(
    () => [
      {
        key: 'role',
        label: t('role'),
        kind: 'choice',
        options: roles.map((value) => ({
          value,
          label: t(value),
        })),
      },
      {
        key: 'state',
        label: t('state'),
        kind: 'choice',
        options: [
          { value: 'active', label: t('enabled') },
          { value: 'disabled', label: t('disabled') },
          { value: 'no-factor', label: t('noFactor') },
          { value: 'never', label: t('neverSignedIn') },
        ],
      },
    ],
    [t],
  );
}
