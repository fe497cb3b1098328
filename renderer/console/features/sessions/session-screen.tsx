import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useState } from 'react';
import { referenceOf } from '../../../../sdk/admin/reference.ts';
import { Button, ButtonLink, ExactTime, Id, RelativeTime, ScoreBar } from '../../../ui/controls/index.ts';
import { Card, Columns, ConfirmDialog, KeyValues, Page, Row, Stack } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import {
  api,
  operators,
  read,
  readers,
  reviewers,
  type Schemas,
  sessionDeciders,
  useSession,
  useWorld,
} from '../../data.ts';
import { AskedOperation, Refused, RunCommand, useOperation } from '../../operations.ts';
import { sourceStrings } from '../../reasons/source-strings.ts';
import { StoredPicture } from '../../stored-picture.tsx';
import { decidedToast } from './decided-toast.ts';
import { AttemptFindings, Evidence, HumannessCard } from './evidence.tsx';
import { flagKey } from './evidence-words.ts';
import styles from './session.module.css';
import { By, Outcome, Reasons } from './sessions-screen.tsx';
import { sessionStrings } from './strings.ts';

export const Route = createLazyRoute('/sessions/$id')({ component: SessionScreen });

type Session = Schemas['WholeLiveSession'];

function SessionScreen() {
  const t = useStrings(sessionStrings);
  const { id } = Route.useParams();
  const env = useWorld();
  const { user } = useSession();
  const query = useQuery(read('/api/admin/sessions/{id}', { id, env }));
  const session = query.data;
  const mayCancel =
    session !== undefined &&
    session.decision === undefined &&
    !session.inReview &&
    operators.includes(user.role);
  return (
    <Page
      title={t('one')}
      parents={[{ label: t('title'), to: '/sessions' }]}
      lead={
        session && (
          <>
            <Outcome session={session} /> <Reasons codes={session.reasons} />
          </>
        )
      }
      actions={
        session && (
          <>
            {session.waitsFor !== undefined &&
              session.waitsFor !== 'uniqueness' &&
              sessionDeciders.includes(user.role) && <Decide session={session} waitsFor={session.waitsFor} />}
            {session.waitsFor === 'uniqueness' && reviewers.includes(user.role) && (
              <ButtonLink to="/review" search={{ kind: 'uniqueness' }} kind="primary">
                {t('openReview')}
              </ButtonLink>
            )}
            {mayCancel && <Cancel id={id} env={env} />}
          </>
        )
      }
    >
      <Refused of={query} />
      {session && (
        <Stack gap={24}>
          <Columns n={2} collapse>
            <Stack gap={16}>
              <Sums session={session} />
              {session.humanness && <HumannessCard humanness={session.humanness} />}
            </Stack>
            <About session={session} />
          </Columns>
          {session.pictures && sessionDeciders.includes(user.role) && (
            <Card title={t('pictures')} gap={12}>
              <Pictures session={session} />
              <p className="muted">{t('picturesNote')}</p>
            </Card>
          )}
          <Evidence session={session} />
        </Stack>
      )}
    </Page>
  );
}

const decideTexts = {
  'without-motion': 'decideText',
  camera: 'decideCameraText',
  undecided: 'decideUndecidedText',
} as const;

/** About a session that was passed without movements of the head or before a suspect camera, or whose evidence did not suffice. */
function Decide({ session, waitsFor }: { session: Session; waitsFor: keyof typeof decideTexts }) {
  const { id, env } = session;
  const t = useStrings(sessionStrings);
  const [asking, setAsking] = useState(false);
  const decide = useOperation(
    (decision: 'approve' | 'refuse') =>
      api.post('/api/admin/sessions/{id}/decide', { id, env }, { decision }),
    {
      toast: (reply, pressed) => decidedToast(t, pressed, waitsFor, reply),
      refresh: ['sessions'],
      done: () => setAsking(false),
    },
  );
  return (
    <>
      <Button kind="primary" onClick={() => setAsking(true)}>
        {t('decide')}
      </Button>
      <ConfirmDialog
        opened={asking}
        title={t('decideTitle')}
        confirmLabel={t('approve')}
        cancelLabel={t('decideLater')}
        busy={decide.isPending}
        failed={<Refused of={decide} />}
        other={
          <Button kind="dangerQuiet" disabled={decide.isPending} onClick={() => decide.mutate('refuse')}>
            {t('refuse')}
          </Button>
        }
        onConfirm={() => decide.mutate('approve')}
        onCancel={() => setAsking(false)}
      >
        <Stack gap={16}>
          <p>{t(decideTexts[waitsFor])}</p>
          <p>{t(session.pictures ? 'decideByPictures' : 'decideWithoutPictures')}</p>
          <Pictures session={session} />
          <AttemptFindings session={session} />
          <RunCommand run={() => decide.run('approve')} />
        </Stack>
      </ConfirmDialog>
    </>
  );
}

/** One of each step of the last attempt, while a person decides. */
function Pictures({ session: { id, pictures = [] } }: { session: Session }) {
  const t = useStrings(sessionStrings);
  if (pictures.length === 0) return null;
  return (
    <ul className={styles.pictures}>
      {pictures.map((name, index) => {
        const key = `step.${name}` as 'step.turn-left';
        const step = key in sessionStrings.en ? t(key) : name;
        return (
          <li key={index}>
            <StoredPicture
              path={`/api/admin/sessions/${id}/pictures/${index}`}
              alt={t('pictureOf', { step })}
            />
            <span>{step}</span>
          </li>
        );
      })}
    </ul>
  );
}

function Cancel({ id, env }: { id: string; env: 'live' | 'test' }) {
  const t = useStrings(sessionStrings);
  return (
    <AskedOperation
      run={() => api.post('/api/admin/sessions/{id}/cancel', { id, env })}
      toast={t('cancelledNow')}
      refresh={['sessions']}
      title={t('cancelTitle')}
      confirmLabel={t('cancel')}
      cancelLabel={t('keep')}
      danger
    >
      {t('cancelText')}
    </AskedOperation>
  );
}

function Sums({ session }: { session: Session }) {
  const t = useStrings(sessionStrings);
  const format = useFormat();
  const { user } = useSession();
  const flagText = (flag: string) => {
    const key = flagKey(flag);
    return key === undefined ? flag : t(key as 'flags');
  };
  const { liveness, risk, challengesCompleted, processingTimeMs, uniqueness, person, verification } = session;
  if (session.decision === undefined && !liveness)
    return (
      <Card title={t('result')}>
        <p className="muted">{t('noResultYet')}</p>
      </Card>
    );
  return (
    <Card title={t('result')} gap={16}>
      <KeyValues
        entries={{
          [t('liveness')]: liveness && <ScoreBar score={liveness.score} passed={liveness.passed} />,
          [t('assurance')]: assuranceText(t, session.assurance),
          [t('riskScore')]: risk && `${format.score(risk.score)}, ${t(risk.level)}`,
          [t('flags')]: risk && risk.flags.length > 0 ? risk.flags.map(flagText).join(', ') : undefined,
          [t('uniqueness')]: uniqueness && t(uniqueness.outcome),
          [t('steps')]: format.count(challengesCompleted),
          [t('took')]: processingTimeMs > 0 && format.duration(processingTimeMs),
        }}
      />
      {(person ?? verification) !== undefined && readers.includes(user.role) && (
        <Row>
          {person !== undefined && (
            <ButtonLink to="/people/$id" params={{ id: person }}>
              {t('openPerson')}
            </ButtonLink>
          )}
          {verification !== undefined && (
            <ButtonLink to="/verifications/$id" params={{ id: verification }}>
              {t('openVerification')}
            </ButtonLink>
          )}
        </Row>
      )}
    </Card>
  );
}

type T = ReturnType<typeof useStrings<(typeof sessionStrings)['en']>>;

const assuranceText = (t: T, assurance: string | undefined): string | undefined =>
  assurance === 'active' || assurance === 'active-no-flash' || assurance === 'passive-frames'
    ? t(assurance)
    : assurance;

function About({ session }: { session: Session }) {
  const t = useStrings(sessionStrings);
  const source = useStrings(sourceStrings);
  const { consent, path, device, match, metadata } = session;
  const chosen =
    path && [!path.flash && t('noFlash'), !path.motion && t('noMotion')].filter(Boolean).join(', ');
  const camera =
    device && [device.label, device.width && `${device.width} × ${device.height}`].filter(Boolean);
  const matches = { none: t('matchNone'), any: t('matchAny'), email: t('matchEmail') };
  return (
    <Card title={t('request')}>
      <KeyValues
        entries={{
          [t('id')]: <Id id={session.id} full />,
          [t('flow')]: t(session.flow),
          [t('world')]: session.env === 'live' ? t('live') : t('test'),
          [t('by')]: <By session={session} />,
          [t('code')]: <code className="nowrap">{referenceOf(session.id)}</code>,
          [t('profile')]: session.profile,
          [source('title')]: source(session.capture.source),
          [t('match')]: matches[match],
          [t('email')]: session.email,
          [t('reference')]: session.reference,
          [t('attempts')]: t('attemptsOf', { count: session.attempts }),
          [t('started')]: <ExactTime at={session.createdAt} />,
          [t('began')]: session.openedAt && <ExactTime at={session.openedAt} />,
          [t('decided')]: session.decidedAt && <ExactTime at={session.decidedAt} />,
          [t('expires')]: session.decision === undefined && (
            <RelativeTime at={session.reviewUntil ?? session.expiresAt} />
          ),
          [t('consent')]:
            consent &&
            t.rich('consentText', { version: consent.version, time: <ExactTime at={consent.at} /> }),
          [t('uses')]:
            consent?.purposes && (consent.purposes.map((one) => t(`${one}Use`)).join(', ') || t('noUses')),
          [t('path')]: path && (chosen || t('wholePath')),
          [t('camera')]: camera?.join(', ') || undefined,
          [t('device')]: device?.userAgent,
          [t('metadata')]: Object.keys(metadata).length > 0 && <code>{JSON.stringify(metadata)}</code>,
        }}
      />
    </Card>
  );
}
