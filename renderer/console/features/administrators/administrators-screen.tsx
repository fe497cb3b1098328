import { Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { IconDownload, IconPlus, IconUsersGroup } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { roles } from '../../../../sdk/admin/values.ts';
import { Button, ButtonLink } from '../../../ui/controls/button.tsx';
import { EmptyState } from '../../../ui/feedback/note.tsx';
import { Stack } from '../../../ui/layout/layout.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { RowAction } from '../../../ui/tables/column.ts';
import { DataTable } from '../../../ui/tables/data-table.tsx';
import { type Filters, useFilters } from '../../../ui/tables/declared.ts';
import { FilterBar, type FilterValues } from '../../../ui/tables/filter-bar.tsx';
import { allPages, api, type Schemas } from '../../api/admin.ts';
import { ConfirmOperation } from '../../confirm-operation.tsx';
import { Refused } from '../../load-failed.tsx';
import { saveFile } from '../../save-file.ts';
import { sessionQuery, useSession } from '../../session/session-query.ts';
import { toAccessReview } from './access-review.ts';
import { type Administrator, State, useColumns } from './administrator-columns.tsx';
import { matches } from './administrator-state.ts';
import { CodePage } from './code-page.tsx';
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
      items: await allPages((query) => api.get('/api/admin/administrators', { ...query }, signal)),
    }),
  });
  const actionsOf = useActions(setAsked);
  const columns = useColumns();
  const choices = useFilters(listFilters, administratorStrings);
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
        failed={error ? <Refused of={{ error, refetch }} /> : undefined}
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
          done={(made) => setCode({ of: asked.about, code: made })}
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

const listFilters: Filters<typeof administratorStrings> = [
  { key: 'role', kind: 'choice', options: roles },
  {
    key: 'state',
    kind: 'choice',
    options: { active: 'enabled', disabled: 'disabled', 'no-factor': 'noFactor', never: 'neverSignedIn' },
  },
];

type What = 'disable' | 'enable' | 'unlock' | 'remove';

function run(what: What, id: string): Promise<unknown> {
  const params = { id };
  switch (what) {
    case 'disable':
    case 'enable':
      return api.patch('/api/admin/administrators/{id}', params, { disabled: what === 'disable' });
    case 'unlock':
      return api.post('/api/admin/administrators/{id}/unlock', params);
    case 'remove':
      return api.delete('/api/admin/administrators/{id}', params);
    default:
      return what satisfies never;
  }
}

/** One step about one account, with what follows from it. */
function ConfirmChange({ what, of, close }: { what: What; of: Administrator; close(): void }) {
  const t = useStrings(administratorStrings);
  return (
    <ConfirmOperation
      run={() => run(what, of.id)}
      toast={[t(`${what}Done`), of.name]}
      refresh={['administrators']}
      danger={what === 'disable' || what === 'remove'}
      title={t(`${what}Title`, { name: of.name })}
      confirmLabel={t(what)}
      close={close}
    >
      {t(`${what}Text`)}
    </ConfirmOperation>
  );
}

/** Resets the password, the passkeys, or both, of an administrator who lost them. `done` gets the one-time code. */
function ResetAdministrator({
  of,
  close,
  done,
}: {
  of: Administrator;
  close(): void;
  done(code: string): void;
}) {
  const t = useStrings(administratorStrings);
  const [password, setPassword] = useState(true);
  const [factors, setFactors] = useState(false);
  return (
    <ConfirmOperation
      run={() => api.post('/api/admin/administrators/{id}/reset', { id: of.id }, { password, factors })}
      refresh={['administrators']}
      done={({ code }) => done(code)}
      danger
      title={t('resetTitle', { name: of.name })}
      confirmLabel={t('reset')}
      refusal={t('notReset')}
      close={close}
    >
      <Stack>
        <p>{t('resetText')}</p>
        <Checkbox
          label={t('resetPassword')}
          checked={password}
          onChange={({ target }) => setPassword(target.checked)}
        />
        <Checkbox
          label={t('resetFactors')}
          description={t('resetFactorsHint')}
          checked={factors}
          onChange={({ target }) => setFactors(target.checked)}
        />
      </Stack>
    </ConfirmOperation>
  );
}

/** Name, role, and whether the whole appliance is theirs too. */
function ChangeAdministrator({ of, close }: { of: Administrator; close(): void }) {
  const t = useStrings(administratorStrings);
  const ui = useStrings(uiStrings);
  const { user } = useSession();
  const queryClient = useQueryClient();
  const [name, setName] = useState(of.name);
  const [role, setRole] = useState(of.role);
  const [applianceOwner, setApplianceOwner] = useState(of.applianceOwner);
  const changed = {
    ...(name.trim() !== of.name && name.trim() !== '' && { name: name.trim() }),
    ...(role !== of.role && { role }),
    ...(applianceOwner !== of.applianceOwner && { applianceOwner }),
  };
  return (
    <ConfirmOperation
      run={async () => {
        if (Object.keys(changed).length === 0) return;
        await api.patch('/api/admin/administrators/{id}', { id: of.id }, changed);
      }}
      toast={[t('changed'), name.trim() || of.name]}
      refresh={['administrators']}
      done={async () => {
        if (of.id === user.id) await queryClient.invalidateQueries(sessionQuery);
      }}
      title={t('changeTitle', { name: of.name })}
      confirmLabel={ui('save')}
      close={close}
    >
      <Stack>
        <TextInput
          label={t('name')}
          value={name}
          maxLength={120}
          error={name.trim() === '' ? t('nameMissing') : undefined}
          onChange={({ target }) => setName(target.value)}
        />
        <NativeSelect
          label={t('role')}
          description={t(`${role}Hint`)}
          value={role}
          data={roles.map((value) => ({ value, label: t(value) }))}
          onChange={({ target }) => setRole(target.value as typeof role)}
        />
        {user.applianceOwner && (
          <Checkbox
            label={t('applianceOwner')}
            description={t('applianceOwnerHint')}
            checked={applianceOwner}
            onChange={({ target }) => setApplianceOwner(target.checked)}
          />
        )}
      </Stack>
    </ConfirmOperation>
  );
}
