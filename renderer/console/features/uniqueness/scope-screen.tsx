import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useWatch } from 'react-hook-form';
import { Button, ButtonLink, ExactTime, Id } from '../../../ui/controls/index.ts';
import { SaveBar, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, KeyValues, Note, Page, TypedNameDialog, WithAside } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { api, managers, organizationQuery, reviewers, useSession, useWorld } from '../../data.ts';
import { OperationForm, Refused, RunCommand, Submit, useOperation } from '../../operations.ts';
import { NotMeasuredNote } from '../../own-gallery.tsx';
import { heldForStrings } from '../../reasons/held-for-strings.ts';
import { scopeQuery } from './queries.ts';
import { ScopeFields, useScopeSchema } from './scope-fields.tsx';
import { changedFields, changesOf, type Scope, type ScopeValues, valuesOf } from './scope-values.ts';
import { ScopeState, useScopeName } from './scopes-screen.tsx';
import { scopeStrings } from './strings.ts';

export const Route = createLazyRoute('/uniqueness/$id')({ component: ScopeScreen });

function ScopeScreen() {
  const t = useStrings(scopeStrings);
  const { id } = Route.useParams();
  const { user } = useSession();
  const nameOf = useScopeName();
  const query = useQuery(scopeQuery(useWorld(), id));
  const scope = query.data;
  const mayChange = managers.includes(user.role);
  return (
    <Page
      title={scope ? nameOf(scope) : t('title')}
      badge={scope && <ScopeState scope={scope} />}
      lead={scope && t('membersCount', { count: scope.members })}
      parents={[{ label: t('title'), to: '/uniqueness' }]}
      actions={
        scope &&
        scope.state === 'active' && (
          <>
            {scope.waiting > 0 && reviewers.includes(user.role) && (
              <ButtonLink to="/review" search={{ kind: 'uniqueness' }}>
                {t('openReviews')}
              </ButtonLink>
            )}
            {mayChange && <EndScope scope={scope} what="rotate" />}
            {mayChange && <EndScope scope={scope} what="end" />}
          </>
        )
      }
    >
      <Refused of={query} />
      {scope && (
        <WithAside
          aside={
            <>
              <Follows scope={scope} />
              <Details scope={scope} />
            </>
          }
        >
          {!mayChange && <Note title={t('readOnly')} />}
          {scope.state === 'ended' && <Note title={t('endedNote')}>{t('endedNoteText')}</Note>}
          <ScopeForm key={`${scope.id} ${scope.epoch} ${scope.state}`} scope={scope} mayChange={mayChange} />
        </WithAside>
      )}
    </Page>
  );
}

/** What the rates come to with the people who are there now. */
function Follows({ scope: { thresholds, name, state } }: { scope: Scope }) {
  const t = useStrings(scopeStrings);
  const heldFor = useStrings(heldForStrings);
  const format = useFormat();
  if (state === 'ended') return null;
  if (!thresholds)
    return (
      <Card title={t('follows')}>
        <p className="muted">{t('noThreshold')}</p>
      </Card>
    );
  const { people, scorer, holdsFor, flagged, reviewed } = thresholds;
  const text = ({ threshold, fnmr }: typeof flagged) =>
    t('missed', { score: format.score(threshold), share: format.percent(fnmr) });
  return (
    <Card title={t('follows')} gap={12}>
      <p className="small muted">{t('followsLead')}</p>
      <KeyValues
        entries={{
          [t(name === '' ? 'comparedOwn' : 'compared')]: format.count(people),
          [t('flaggedFrom')]: text(flagged),
          [t('reviewedFrom')]: text(reviewed),
          [t('ratesHold')]: heldFor(holdsFor),
          [t('scorer')]: <code>{scorer}</code>,
        }}
      />
      <NotMeasuredNote scorer={scorer} />
      {(flagged.extrapolated || reviewed.extrapolated) && (
        <Note kind="warn" title={t('beyond')}>
          {t('beyondText')}
        </Note>
      )}
    </Card>
  );
}

function Details({ scope }: { scope: Scope }) {
  const t = useStrings(scopeStrings);
  const format = useFormat();
  const { retentionDays, endsAt, endedAt } = scope;
  const active = scope.state === 'active';
  return (
    <Card title={t('details')}>
      <KeyValues
        entries={{
          [t('epoch')]: format.count(scope.epoch),
          [t('members')]: format.count(scope.members),
          [t('waitingLabel')]: scope.waiting > 0 && format.count(scope.waiting),
          [t('erasure')]: active ? t(scope.onErasure) : undefined,
          [t('kept')]: active
            ? retentionDays === undefined
              ? t('keptToEnd')
              : t('keptDays', { count: retentionDays })
            : undefined,
          [t('ends')]: active ? endsAt === undefined ? t('endsNever') : <ExactTime at={endsAt} /> : undefined,
          [t('endedAt')]: endedAt && <ExactTime at={endedAt} />,
          [t('created')]: <ExactTime at={scope.createdAt} />,
          [t('id')]: <Id id={scope.id} name={t('id')} />,
        }}
      />
    </Card>
  );
}

const labels = {
  falseFlags: 'falseFlags',
  reviews: 'reviews',
  onErasure: 'onErasure',
  retentionDays: 'retentionDays',
  ends: 'ends',
} as const satisfies Record<keyof ScopeValues, keyof (typeof scopeStrings)['en']>;

/** Settings of a scope; of one that has ended they begin its next epoch. */
function ScopeForm({ scope, mayChange }: { scope: Scope; mayChange: boolean }) {
  const t = useStrings(scopeStrings);
  const env = useWorld();
  const before = valuesOf(scope);
  const form = useCheckedForm<ScopeValues>(
    useScopeSchema(scope.state === 'active' ? before.ends : ''),
    before,
    !mayChange,
  );
  const fresh = JSON.stringify(before);
  useEffect(() => form.reset(JSON.parse(fresh) as ScopeValues, { keepDirtyValues: true }), [form, fresh]);
  const ended = scope.state === 'ended';
  const saving = useOperation(
    (values: ScopeValues) =>
      api.put('/api/admin/uniqueness/scopes', { env }, { name: scope.name, ...changesOf(before, values) }),
    {
      toast: t(ended ? 'begun' : 'saved'),
      refresh: ['uniqueness'],
      done: (saved) => form.reset(valuesOf(saved)),
    },
  );
  const names = changedFields(before, useWatch({ control: form.control }) as ScopeValues);
  return (
    <OperationForm form={form} operation={saving}>
      <Card title={t('settings')}>
        <ScopeFields control={form.control} disabled={!mayChange} />
      </Card>
      {ended && mayChange && <Submit of={saving}>{t('begin')}</Submit>}
      <SaveBar
        count={mayChange && !ended ? names.length : 0}
        names={names.map((name) => t(labels[name])).join(', ')}
        busy={saving.isPending}
        discard={() => form.reset(before)}
      />
    </OperationForm>
  );
}

/** Grade 3: the name is typed (of its own scope the organization's), and a fresh second factor is asked for. */
function EndScope({ scope, what }: { scope: Scope; what: 'rotate' | 'end' }) {
  const t = useStrings(scopeStrings);
  const env = useWorld();
  const organization = useQuery(organizationQuery);
  const [asked, setAsked] = useState(false);
  const confirm = scope.name === '' ? (organization.data?.name ?? '') : scope.name;
  const ending = useOperation(
    () =>
      api.post(
        what === 'rotate'
          ? '/api/admin/uniqueness/scopes/{id}/rotate'
          : '/api/admin/uniqueness/scopes/{id}/end',
        { id: scope.id, env },
        { confirm },
      ),
    {
      toast: ({ epoch }) => (what === 'rotate' ? t('rotated', { epoch }) : t('endedNow')),
      refresh: ['uniqueness'],
      done: () => setAsked(false),
    },
  );
  const name = useScopeName()(scope);
  return (
    <>
      <Button kind="dangerQuiet" onClick={() => setAsked(true)}>
        {t(what)}
      </Button>
      <TypedNameDialog
        opened={asked && confirm !== ''}
        title={t(`${what}Title`, { name })}
        name={confirm}
        confirmLabel={t(`${what}Confirm`)}
        cancelLabel={t('keep')}
        busy={ending.isPending}
        failed={<Refused of={ending} />}
        command={<RunCommand run={ending.run} />}
        gone={[
          t('goneKey', { epoch: scope.epoch }),
          t('goneMembers', { count: scope.members }),
          ...(scope.waiting > 0 && what === 'end' ? [t('goneWaiting', { count: scope.waiting })] : []),
        ]}
        stays={[
          ...(scope.waiting > 0 && what === 'rotate' ? [t('staysWaiting', { count: scope.waiting })] : []),
          ...[t('staysPeople'), t('staysSettings'), t('staysCallers'), t('staysAudit')],
        ]}
        onConfirm={() => ending.mutate()}
        onCancel={() => setAsked(false)}
      >
        {t(`${what}Text`)}
      </TypedNameDialog>
    </>
  );
}
