import { IconCopy, IconHistory } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ButtonLink } from '../../../ui/controls/index.ts';
import { Note, Page } from '../../../ui/layout/index.ts';
import { Refusal } from '../../../ui/refusal.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { ActionMenu } from '../../../ui/tables/index.ts';
import { managers, type Schemas, useSession } from '../../data.ts';
import { Refused } from '../../operations.ts';
import { ProfileForm } from './profile-form.tsx';
import { ProfileMaturity, ProfileUse } from './profiles-screen.tsx';
import { profileQuery, useAllowed } from './queries.ts';
import { RemoveProfile } from './remove-profile.tsx';
import { profileStrings, useDescription } from './strings.ts';

export const Route = createLazyRoute('/profiles/$slug')({ component: ProfileScreen });

function ProfileScreen() {
  const t = useStrings(profileStrings);
  const { user } = useSession();
  const { slug } = Route.useParams();
  const query = useQuery(profileQuery(slug));
  const allowed = useAllowed();
  const profile = query.data;
  const describe = useDescription();
  const mayChange = managers.includes(user.role);
  if (query.error instanceof Refusal && query.error.code === 'PROFILE_NOT_FOUND') return <Gone slug={slug} />;
  return (
    <Page
      title={profile?.definition.name ?? slug}
      badge={
        profile && (
          <>
            <ProfileMaturity level={profile.definition.maturity} />
            <ProfileUse slug={profile.slug} allowed={allowed} />
          </>
        )
      }
      lead={profile && describe(profile)}
      parents={[{ label: t('title'), to: '/profiles' }]}
      actions={profile && <Actions profile={profile} mayChange={mayChange} />}
    >
      <Refused of={query} />
      {profile && !mayChange && <Note title={t('readOnly')} />}
      {profile?.builtIn && mayChange && (
        <Note
          title={t('builtInNote')}
          action={
            <ButtonLink to="/profiles/new" search={{ from: profile.slug }}>
              {t('copyInstead')}
            </ButtonLink>
          }
        >
          {t('builtInText')}
        </Note>
      )}
      {profile && <ProfileForm key={slug} profile={profile} mayChange={mayChange} />}
    </Page>
  );
}

function Actions({ profile, mayChange }: { profile: Schemas['Profile']; mayChange: boolean }) {
  const t = useStrings(profileStrings);
  const navigate = useNavigate();
  const [leaving, setLeaving] = useState(false);
  const { slug, version, builtIn, definition } = profile;
  return (
    <>
      <ButtonLink to="/profiles/$slug/versions" params={{ slug }} icon={IconHistory}>
        {t('versionNumber', { version: String(version) })}
      </ButtonLink>
      {mayChange && (
        <ActionMenu
          name={definition.name}
          actions={[
            {
              label: t('copy'),
              icon: IconCopy,
              onClick: () => void navigate({ to: '/profiles/new', search: { from: slug } }),
            },
            !builtIn && { label: t('remove'), danger: true, onClick: () => setLeaving(true) },
          ]}
        />
      )}
      {leaving && (
        <RemoveProfile
          profile={profile}
          close={() => setLeaving(false)}
          done={() => void navigate({ to: '/profiles' })}
        />
      )}
    </>
  );
}

/** No profile has this name, or none any more. */
function Gone({ slug }: { slug: string }) {
  const t = useStrings(profileStrings);
  return (
    <Page
      title={t('goneTitle', { slug })}
      lead={t('goneText')}
      parents={[{ label: t('title'), to: '/profiles' }]}
    >
      <div>
        <ButtonLink to="/profiles/$slug/versions" params={{ slug }} icon={IconHistory}>
          {t('history')}
        </ButtonLink>
      </div>
    </Page>
  );
}
