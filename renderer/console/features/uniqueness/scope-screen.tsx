import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { Id } from '../../../ui/badges/id.tsx';
import { ExactTime } from '../../../ui/badges/relative-time.tsx';
import { ButtonLink } from '../../../ui/controls/button.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Card, KeyValues, Stack, WithAside } from '../../../ui/layout/layout.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { NotMeasuredNote } from '../../own-gallery.tsx';
import { heldForStrings } from '../../reasons/held-for-strings.ts';
import { managers, reviewers } from '../../screen-data.ts';
import { useSession, useWorld } from '../../session/session-query.ts';
import { EndScope } from './end-scope.tsx';
import { scopeQuery } from './queries.ts';
import { ScopeForm } from './scope-form.tsx';
import type { Scope } from './scope-values.ts';
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
      {query.error && <LoadFailed error={query.error} retry={() => void query.refetch()} />}
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
    <Card title={t('follows')}>
      <Stack gap={12}>
        <p className="small muted">{t('followsLead')}</p>
        <KeyValues
          entries={[
            [t(name === '' ? 'comparedOwn' : 'compared'), format.count(people)],
            [t('flaggedFrom'), text(flagged)],
            [t('reviewedFrom'), text(reviewed)],
            [t('ratesHold'), heldFor(holdsFor)],
            [t('scorer'), <code key="scorer">{scorer}</code>],
          ]}
        />
        <NotMeasuredNote scorer={scorer} />
        {(flagged.extrapolated || reviewed.extrapolated) && (
          <Note kind="warn" title={t('beyond')}>
            {t('beyondText')}
          </Note>
        )}
      </Stack>
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
        entries={[
          [t('epoch'), format.count(scope.epoch)],
          [t('members'), format.count(scope.members)],
          [t('waitingLabel'), scope.waiting > 0 ? format.count(scope.waiting) : undefined],
          [t('erasure'), active ? t(scope.onErasure) : undefined],
          [
            t('kept'),
            active
              ? retentionDays === undefined
                ? t('keptToEnd')
                : t('keptDays', { count: retentionDays })
              : undefined,
          ],
          [
            t('ends'),
            active ? endsAt === undefined ? t('endsNever') : <ExactTime key="ends" at={endsAt} /> : undefined,
          ],
          [t('endedAt'), endedAt && <ExactTime key="ended" at={endedAt} />],
          [t('created'), <ExactTime key="created" at={scope.createdAt} />],
          [t('id'), <Id key="id" id={scope.id} name={t('id')} />],
        ]}
      />
    </Card>
  );
}
