import { IconDownload, IconPlus, IconUsersGroup } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { roles } from '../../../../sdk/admin/values.ts';
import { Badge, Button, ButtonLink, RelativeTime } from '../../../ui/controls/index.ts';
import { fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Page } from '../../../ui/layout/index.ts';
import { uiStrings, useFormat, useStrings } from '../../../ui/strings/index.ts';
import {
  type Columns,
  type Filters,
  type RowAction,
  TwoLines,
  useColumns,
  useFilters,
} from '../../../ui/tables/index.ts';
import { allPages, api, type Schemas, saveFile, sessionQuery, useSession } from '../../data.ts';
import { AskedOperation, ConfirmForm, ConfirmOperation, QueryTable } from '../../operations.ts';
import { useLeave } from '../../session/use-sign-out.ts';
import { toAccessReview } from './access-review.ts';
import { matches, stateOf } from './administrator-state.ts';
import { CodePage } from './code-page.tsx';
import { administratorStrings } from './strings.ts';

type Administrator = Schemas['Administrator'];

/** `context`: the id of the reader. */
const administratorColumns: Columns<Administrator, typeof administratorStrings, string> = [
  {
    id: 'name',
    csv: { name: 'administrator', email: 'email' },
    header: 'administrator',
    cell: ({ id, name, email }, { t, context: own }) => (
      <TwoLines second={email}>
        <b>{name}</b> {id === own && <span className="muted">({t('you')})</span>}
      </TwoLines>
    ),
  },
  { id: 'state', csv: 'disabledAt', priority: 2, cell: (one) => <State of={one} /> },
  {
    id: 'role',
    priority: 2,
    cell: ({ role, applianceOwner }, { t }) => (
      <TwoLines second={applianceOwner ? t('applianceOwner') : undefined}>{t(role)}</TwoLines>
    ),
  },
  { id: 'factors', csv: 'passkeys', priority: 2, cell: (one) => <Factors of={one} /> },
  {
    id: 'lastSignIn',
    csv: 'lastSignInAt',
    priority: 2,
    cell: ({ lastSignInAt }, { t }) =>
      lastSignInAt === undefined ? (
        <span className="muted">{t('never')}</span>
      ) : (
        <RelativeTime at={lastSignInAt} />
      ),
  },
  { id: 'created', csv: 'createdAt', priority: 3, cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
];

function Factors({ of }: { of: Administrator }) {
  const t = useStrings(administratorStrings);
  const format = useFormat();
  if (of.passkeys === 0 && of.factorDueAt)
    return <TwoLines second={t('due', { date: format.date(of.factorDueAt) })}>{t('noFactor')}</TwoLines>;
  return (
    <TwoLines second={t('codesLeft', { count: of.recoveryCodes })}>
      {t('passkeys', { count: of.passkeys })}
    </TwoLines>
  );
}

/** `withRole`: where the column of the role is hidden. */
function State({ of, withRole = false }: { of: Administrator; withRole?: boolean }) {
  const t = useStrings(administratorStrings);
  return (
    <>
      <StateBadge of={of} /> {withRole && t(of.role)}
    </>
  );
}

const states = {
  active: ['ok', 'active'],
  invited: ['info', 'invited'],
  'no-factor': ['warn', 'noFactor'],
  disabled: ['outline', 'disabled'],
  altered: ['bad', 'altered'],
} as const;

function StateBadge({ of }: { of: Administrator }) {
  const t = useStrings(administratorStrings);
  const [kind, word] = states[stateOf(of)];
  return <Badge kind={kind}>{t(word)}</Badge>;
}

export const Route = createLazyRoute('/administrators')({ component: AdministratorsScreen });

type Asked = { what: 'change' | 'reset' | 'disable' | 'enable' | 'unlock' | 'remove'; about: Administrator };

function AdministratorsScreen() {
  const t = useStrings(administratorStrings);
  const { user } = useSession();
  const { role, state, find } = Route.useSearch();
  const [asked, setAsked] = useState<Asked>();
  const [code, setCode] = useState<{ of: Administrator; code: string }>();
  const query = useQuery({
    queryKey: ['administrators'],
    queryFn: async ({ signal }) => ({
      items: await allPages((query) => api.get('/api/admin/administrators', { ...query }, signal)),
    }),
  });
  const actionsOf = useActions(setAsked);
  const close = () => setAsked(undefined);
  if (code)
    return (
      <CodePage title={t('codeFor', { name: code.of.name })} {...code} done={() => setCode(undefined)} />
    );
  return (
    <Page title={t('title')} lead={t('lead')} actions={<Actions administrators={query.data?.items} />}>
      <QueryTable
        label={t('title')}
        columns={useColumns(administratorColumns, administratorStrings, user.id)}
        query={{ ...query, source: { path: '/api/admin/administrators', parameters: {} } }}
        shown={(one) => matches(one, { role, state, find })}
        rowId={({ id }) => id}
        rowName={({ name }) => name}
        secondLine={(one) => <State of={one} withRole />}
        actions={actionsOf}
        filters={useFilters(listFilters, administratorStrings)}
        values={{ role, state, find }}
        search={{ key: 'find', label: t('find') }}
        empty={{ icon: IconUsersGroup, title: t('empty'), action: <AddLink />, text: t('emptyText') }}
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
    <ButtonLink to="/administrators/new" kind="primary" icon={IconPlus}>
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
      <Button onClick={save} icon={IconDownload}>
        {t('review')}
      </Button>
      <SignOutAll />
      <AddLink />
    </>
  );
}

function SignOutAll() {
  const t = useStrings(administratorStrings);
  const { user } = useSession();
  const leave = useLeave();
  if (user.role !== 'owner') return null;
  return (
    <AskedOperation
      run={() => api.post('/api/admin/administrators/sign-out')}
      done={leave}
      title={t('signOutAllTitle')}
      confirmLabel={t('signOutAll')}
    >
      {t('signOutAllText')}
    </AskedOperation>
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

const LostField = fieldsOf<{ password: boolean; factors: boolean }>()(administratorStrings);

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
  const form = useForm({ defaultValues: { password: true, factors: false } });
  return (
    <ConfirmForm
      form={form}
      run={(lost) => api.post('/api/admin/administrators/{id}/reset', { id: of.id }, lost)}
      refresh={['administrators']}
      done={({ code }) => done(code)}
      danger
      title={t('resetTitle', { name: of.name })}
      confirmLabel={t('reset')}
      refusal={t('notReset')}
      close={close}
    >
      <p>{t('resetText')}</p>
      <LostField name="password" as="check" label={t('resetPassword')} />
      <LostField name="factors" as="check" label={t('resetFactors')} hint={t('resetFactorsHint')} />
    </ConfirmForm>
  );
}

type Account = Pick<Administrator, 'name' | 'role' | 'applianceOwner'>;
const AccountField = fieldsOf<Account>()(administratorStrings);

/** Name, role, and whether the whole appliance is theirs too. */
function ChangeAdministrator({ of, close }: { of: Administrator; close(): void }) {
  const t = useStrings(administratorStrings);
  const ui = useStrings(uiStrings);
  const { user } = useSession();
  const queryClient = useQueryClient();
  const { name, role, applianceOwner } = of;
  const form = useCheckedForm<Account>(
    z.object({
      name: z.string().trim().min(1, t('nameMissing')),
      role: z.enum(roles),
      applianceOwner: z.boolean(),
    }),
    { name, role, applianceOwner },
  );
  return (
    <ConfirmForm
      form={form}
      run={async (now) => {
        const changed = {
          ...(now.name !== name && { name: now.name }),
          ...(now.role !== role && { role: now.role }),
          ...(now.applianceOwner !== applianceOwner && { applianceOwner: now.applianceOwner }),
        };
        if (Object.keys(changed).length === 0) return;
        await api.patch('/api/admin/administrators/{id}', { id: of.id }, changed);
      }}
      toast={(_, now) => [t('changed'), now.name]}
      refresh={['administrators']}
      done={async () => {
        if (of.id === user.id) await queryClient.invalidateQueries(sessionQuery);
      }}
      title={t('changeTitle', { name })}
      confirmLabel={ui('save')}
      close={close}
    >
      <AccountField name="name" maxLength={120} />
      <AccountField
        name="role"
        hint={t(`${form.watch('role')}Hint`)}
        options={roles.map((value) => ({ value, label: t(value) }))}
      />
      {user.applianceOwner && <AccountField name="applianceOwner" as="check" />}
    </ConfirmForm>
  );
}
