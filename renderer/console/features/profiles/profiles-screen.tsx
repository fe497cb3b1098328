import { IconAdjustmentsHorizontal, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Badge, ButtonLink, Maturity } from '../../../ui/controls/index.ts';
import { Page } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { type Columns, useColumns } from '../../../ui/tables/index.ts';
import { managers, type Schemas, useSession, whole } from '../../data.ts';
import { QueryTable, useList } from '../../operations.ts';
import { heldForStrings } from '../../reasons/held-for-strings.ts';
import { padSetOf } from './checks-card.tsx';
import { livenessPoint } from './liveness-point.ts';
import styles from './profiles.module.css';
import { checksQuery, useAllowed } from './queries.ts';
import { RemoveProfile } from './remove-profile.tsx';
import { useOdds } from './setting-names.ts';
import { profileStrings } from './strings.ts';

export const Route = createLazyRoute('/profiles')({ component: ProfilesScreen });

type Profile = Schemas['Profile'];

function ProfilesScreen() {
  const t = useStrings(profileStrings);
  const { user } = useSession();
  const { find } = Route.useSearch();
  const navigate = useNavigate();
  const odds = useOdds();
  const heldFor = useStrings(heldForStrings);
  const allowed = useAllowed();
  const [leaving, setLeaving] = useState<Profile>();
  const query = useList(whole('/api/admin/profiles'));
  const mayChange = managers.includes(user.role);
  const create = (
    <ButtonLink to="/profiles/new" kind="primary" icon={IconPlus}>
      {t('create')}
    </ButtonLink>
  );
  return (
    <Page title={t('title')} lead={t('lead')} actions={mayChange && create}>
      <QueryTable
        label={t('list')}
        columns={useColumns(listColumns, profileStrings, { allowed, odds, heldFor })}
        query={query}
        rowId={({ id }) => id}
        rowName={({ definition }) => definition.name}
        secondLine={(profile) => <SecondLine profile={profile} />}
        names={({ id, slug, definition }) => [definition.name, slug, id]}
        values={{ find }}
        actions={(profile) =>
          mayChange
            ? [
                {
                  label: t('copy'),
                  onClick: () => void navigate({ to: '/profiles/new', search: { from: profile.slug } }),
                },
                {
                  label: t('history'),
                  onClick: () =>
                    void navigate({ to: '/profiles/$slug/versions', params: { slug: profile.slug } }),
                },
                !profile.builtIn && {
                  label: t('remove'),
                  danger: true,
                  onClick: () => setLeaving(profile),
                },
              ]
            : []
        }
        empty={{ icon: IconAdjustmentsHorizontal, title: t('title'), action: mayChange && create }}
      />
      {leaving && <RemoveProfile profile={leaving} close={() => setLeaving(undefined)} />}
    </Page>
  );
}

const SecondLine = ({ profile }: { profile: Profile }) => (
  <>
    <Origin profile={profile} /> · <Liveness profile={profile} />
  </>
);

function Liveness({ profile: { definition } }: { profile: Profile }) {
  const t = useStrings(profileStrings);
  const format = useFormat();
  const { data } = useQuery(checksQuery);
  const { enabled, hardFail, threshold } = definition.checks.liveness;
  if (!enabled) return <>{t('livenessOff')}</>;
  const point = livenessPoint(definition, data && padSetOf(data, definition.models.padSet ?? ''));
  const score = point && 'score' in point ? point.score : threshold;
  return (
    <>
      {t(hardFail ? 'livenessRefuses' : 'livenessLowers', { threshold: format.score(score) })}
      {point && 'half' in point && <>, {t('livenessHalf', { half: format.score(point.half) })}</>}
      {point && 'refused' in point && point.refused !== undefined && (
        <div className="small muted">{t('livenessRefused', { share: format.percent(point.refused) })}</div>
      )}
    </>
  );
}

interface Known {
  allowed: ReturnType<typeof useAllowed>;
  odds(rate: number): string;
  heldFor(groups: Profile['rates']['holdsFor']): string;
}

const listColumns: Columns<Profile, typeof profileStrings, Known> = [
  {
    id: 'name',
    csv: 'definition.name',
    cell: ({ slug, definition }, { context }) => (
      <span className={styles.object}>
        <Link to="/profiles/$slug" params={{ slug }}>
          {definition.name}
        </Link>
        <ProfileUse slug={slug} allowed={context.allowed} />
        <KioskOnly definition={definition} />
        <code className="faint">{slug}</code>
      </span>
    ),
  },
  {
    id: 'maturity',
    csv: 'definition.maturity',
    cell: ({ definition }) => <ProfileMaturity level={definition.maturity} />,
  },
  { id: 'origin', csv: 'builtIn', priority: 2, cell: (profile) => <Origin profile={profile} /> },
  { id: 'liveness', csv: false, priority: 3, cell: (profile) => <Liveness profile={profile} /> },
  {
    id: 'rate',
    csv: false,
    header: 'falseMatch',
    number: true,
    priority: 2,
    cell: ({ definition, rates }, { context }) => (
      <>
        {context.odds(definition.match.falseMatchRate)}
        <div className="small muted">{context.heldFor(rates.holdsFor)}</div>
      </>
    ),
  },
  { id: 'version', number: true, priority: 2, cell: ({ version }, { format }) => format.count(version) },
];

/** How far a profile is proven; of an own one nothing was measured. */
export function ProfileMaturity({ level }: { level: Schemas['ProfileDefinition']['maturity'] }) {
  const t = useStrings(profileStrings);
  if (level !== 'custom') return <Maturity level={level} />;
  return (
    <Badge kind="outline" title={t('unmeasuredHint')}>
      {t('unmeasured')}
    </Badge>
  );
}

/** Where its pictures have to come from; nothing where that is open. */
function KioskOnly({ definition }: { definition: Pick<Schemas['ProfileDefinition'], 'capture'> }) {
  const t = useStrings(profileStrings);
  if (definition.capture !== 'kiosk') return null;
  return (
    <Badge kind="info" title={t('kioskOnlyHint')}>
      {t('kioskOnly')}
    </Badge>
  );
}

/** Where it comes from. */
function Origin({ profile }: { profile: Pick<Schemas['Profile'], 'builtIn' | 'replacesBuiltIn'> }) {
  const t = useStrings(profileStrings);
  return <>{t(profile.builtIn ? 'builtIn' : profile.replacesBuiltIn ? 'ownInstead' : 'own')}</>;
}

/** Whether calls without a profile run it, and whether callers may name it. */
export function ProfileUse({
  slug,
  allowed,
}: {
  slug: string;
  allowed: { byDefault: string; mayName(slug: string): boolean } | undefined;
}) {
  const t = useStrings(profileStrings);
  if (allowed === undefined) return null;
  if (!allowed.mayName(slug))
    return (
      <Badge kind="outline" title={t('notAllowedHint')}>
        {t('notAllowed')}
      </Badge>
    );
  if (allowed.byDefault !== slug) return null;
  return (
    <Badge kind="info" title={t('defaultHint')}>
      {t('default')}
    </Badge>
  );
}
