import { IconPrinter } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, Link } from '@tanstack/react-router';
import { Button, ButtonLink, ExactTime, Id, RelativeTime } from '../../../ui/controls/index.ts';
import { Card, Columns, KeyValues, Page, Row, Stack } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { Actor, read, type Schemas, useWorld } from '../../data.ts';
import { Refused } from '../../operations.ts';
import { heldForStrings } from '../../reasons/held-for-strings.ts';
import { useMessageText } from '../../reasons/message-text.ts';
import { reasonKey, reasonStrings } from '../../reasons/reason-strings.ts';
import { sourceStrings } from '../../reasons/source-strings.ts';
import { Timeline } from '../../timeline/timeline.tsx';
import { verificationStrings } from './strings.ts';
import { adviceFor, Checks, Ending } from './verification-parts.tsx';

export const Route = createLazyRoute('/verifications/$id')({ component: VerificationScreen });

type Verification = Schemas['WholePastVerification'];

function VerificationScreen() {
  const t = useStrings(verificationStrings);
  const { id } = Route.useParams();
  const env = useWorld();
  const query = useQuery(read('/api/admin/verifications/{id}', { id, env }));
  const one = query.data;
  const person = one?.name ?? one?.email;
  return (
    <Page
      title={person === undefined ? t('one') : t('of', { person })}
      parents={[{ label: t('title'), to: '/verifications' }]}
      lead={one && <Lead verification={one} />}
      actions={
        <Button onClick={() => window.print()} icon={IconPrinter}>
          {t('print')}
        </Button>
      }
    >
      <Refused of={query} />
      {one && (
        <Stack gap={24}>
          <Outcome verification={one} />
          <Checks verification={one} />
          <Columns n={2} collapse>
            <Request verification={one} />
            <Next verification={one} />
          </Columns>
          <History id={one.id} />
        </Stack>
      )}
    </Page>
  );
}

function History({ id }: { id: string }) {
  const env = useWorld();
  const query = useQuery({ ...read('/api/admin/verifications/{id}/timeline', { id, env }), staleTime: 0 });
  return <Timeline query={query} />;
}

function Lead({ verification: { at, by, profile } }: { verification: Verification }) {
  const t = useStrings(verificationStrings);
  return t.rich('byWith', {
    time: <RelativeTime at={at} />,
    by: <Actor actor={by} />,
    profile:
      profile.slug === undefined ? (
        <code>{profile.id}</code>
      ) : (
        <Link to="/profiles/$slug" params={{ slug: profile.slug }}>
          {profile.slug}
        </Link>
      ),
    version: String(profile.version),
  });
}

/** The verdict in a sentence, first. */
function Outcome({ verification }: { verification: Verification }) {
  const t = useStrings(verificationStrings);
  const words = useStrings(reasonStrings);
  const { decision, reason, decidedBy, person } = verification;
  const prefix = decision === 'verified' ? '' : `${t(decision === 'refused' ? 'refused' : 'notVerified')}: `;
  return (
    <Ending
      verified={decision === 'verified'}
      title={`${prefix}${words(reasonKey(reason, decidedBy))}`}
      action={
        person !== undefined && (
          <ButtonLink to="/people/$id" params={{ id: person }}>
            {t('openPerson')}
          </ButtonLink>
        )
      }
    >
      {decidedBy !== undefined && `${t('decidedBy')}: ${words(decidedBy)}`}
    </Ending>
  );
}

function Request({ verification: one }: { verification: Verification }) {
  const t = useStrings(verificationStrings);
  const format = useFormat();
  const heldFor = useStrings(heldForStrings);
  const source = useStrings(sourceStrings);
  const messageOf = useMessageText();
  const { match, place, device, message, messageCode } = one;
  return (
    <Card title={t('request')}>
      <KeyValues
        entries={{
          [t('id')]: <Id id={one.id} full />,
          [t('time')]: <ExactTime at={one.at} />,
          [t('world')]: one.env === 'live' ? t('live') : t('test'),
          [t('kind')]: one.kind === '1:1' ? t('oneToOne') : t('oneToN'),
          [source('title')]: one.capture && source(one.capture.source),
          [t('message')]:
            (messageCode !== undefined && messageOf(messageCode)) ||
            (message !== undefined && <span lang="en">{message}</span>),
          [t('matched')]:
            match &&
            [
              t('matchScorer', { scorer: match.scorer }),
              t('matchPictures', { count: match.pictures }),
              match.shift > 0 && t('matchShift', { shift: format.score(match.shift) }),
              t('matchRates', { heldFor: heldFor(one.holdsFor ?? 'average') }),
            ]
              .filter(Boolean)
              .join(', '),
          [t('alikeTitle')]: one.alike !== undefined && t('alikeText', { count: one.alike }),
          [t('place')]: place && [place.country, place.timeZone].filter(Boolean).join(', '),
          [t('device')]: device?.userAgent,
          [t('models')]: Object.keys(one.models).join(', ') || undefined,
          [t('picture')]: t('notKept'),
        }}
      />
    </Card>
  );
}

function Next({ verification }: { verification: Verification }) {
  const t = useStrings(verificationStrings);
  const { decision, person, profile } = verification;
  return (
    <Card title={t('whatNext')} gap={12}>
      <p className="small">{t(adviceFor(verification))}</p>
      <p className="small muted">{t('never')}</p>
      <Row>
        {person !== undefined && (
          <ButtonLink to="/people/$id" params={{ id: person }}>
            {t('openPerson')}
          </ButtonLink>
        )}
        {decision !== 'verified' && profile.slug !== undefined && (
          <ButtonLink to="/profiles/$slug" params={{ slug: profile.slug }}>
            {t('openProfile')}
          </ButtonLink>
        )}
      </Row>
    </Card>
  );
}
