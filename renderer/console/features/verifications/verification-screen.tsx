import { IconCheck, IconPrinter, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, Link } from '@tanstack/react-router';
import {
  Badge,
  Button,
  ButtonLink,
  ExactTime,
  Id,
  RelativeTime,
  ScoreBar,
} from '../../../ui/controls/index.ts';
import { Card, Columns, KeyValues, Page, Row, Stack } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { read, type Schemas, useWorld } from '../../data.ts';
import { Refused } from '../../operations.ts';
import { checkKey } from '../../reasons/check-text.ts';
import { heldForStrings } from '../../reasons/held-for-strings.ts';
import { reasonKey, reasonStrings } from '../../reasons/reason-strings.ts';
import { sourceStrings } from '../../reasons/source-strings.ts';
import { verificationStrings } from './strings.ts';
import styles from './verification.module.css';
import { By } from './verifications-screen.tsx';

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
          <Ending verification={one} />
          <Checks verification={one} />
          <Columns n={2} collapse>
            <Request verification={one} />
            <Next verification={one} />
          </Columns>
        </Stack>
      )}
    </Page>
  );
}

function Lead({ verification: { at, by, profile } }: { verification: Verification }) {
  const t = useStrings(verificationStrings);
  return t.rich('byWith', {
    time: <RelativeTime at={at} />,
    by: <By by={by} />,
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
function Ending({ verification: { decision, reason, decidedBy, person } }: { verification: Verification }) {
  const t = useStrings(verificationStrings);
  const words = useStrings(reasonStrings);
  const verified = decision === 'verified';
  const Icon = verified ? IconCheck : IconX;
  return (
    <section className={styles.ending} data-verified={verified || undefined}>
      <span className={styles.mark} aria-hidden="true">
        <Icon size={24} stroke={2} />
      </span>
      <div>
        <h2>
          {!verified && `${decision === 'refused' ? t('refused') : t('notVerified')}: `}
          {words(reasonKey(reason, decidedBy))}
        </h2>
        {decidedBy !== undefined && (
          <p className="muted">
            {t('decidedBy')}: {words(decidedBy)}
          </p>
        )}
      </div>
      {person !== undefined && (
        <ButtonLink to="/people/$id" params={{ id: person }}>
          {t('openPerson')}
        </ButtonLink>
      )}
    </section>
  );
}

function Checks({ verification: { checks, ...rest } }: { verification: Verification }) {
  const t = useStrings(verificationStrings);
  const skipped = checks.filter((check) => check.skipped !== undefined).length;
  return (
    <Card
      title={t('checks')}
      flush
      actions={
        <span className="small muted">
          {t('ran', { count: checks.length - skipped })}, {t('didNot', { count: skipped })}
        </span>
      }
      foot={<Sums verification={rest} />}
    >
      <table className={`rows ${styles.checks}`}>
        <thead>
          <tr>
            <th scope="col">{t('checks')}</th>
            <th scope="col">{t('result')}</th>
            <th scope="col">{t('score')}</th>
            <th scope="col" className="num">
              {t('threshold')}
            </th>
            <th scope="col" className="num">
              {t('weight')}
            </th>
            <th scope="col">{t('why')}</th>
          </tr>
        </thead>
        <tbody>
          {checks.map((check) => (
            <CheckRow key={check.check} check={check} />
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function CheckRow({ check }: { check: Schemas['PastCheck'] }) {
  const t = useStrings(verificationStrings);
  const words = useStrings(reasonStrings);
  const format = useFormat();
  const { pass, score, threshold, weight, hardFail, skipped, sentence, evidence } = check;
  const ran = skipped === undefined;
  const key = checkKey(check);
  return (
    <tr data-failed={(ran && !pass) || undefined} data-skipped={!ran || undefined}>
      <th scope="row">{words(check.check)}</th>
      <td data-label={t('result')}>
        {!ran ? (
          <Badge kind="outline">{t('notRun')}</Badge>
        ) : pass ? (
          <Badge kind="ok">{t('pass')}</Badge>
        ) : (
          <Badge kind="bad">{hardFail ? t('refuses') : t('fails')}</Badge>
        )}
      </td>
      <td data-label={t('score')}>
        <ScoreBar
          {...(ran && { score })}
          {...(threshold !== undefined && { threshold })}
          {...(skipped !== undefined && { why: key === undefined ? skipped : words(key) })}
          passed={pass}
        />
      </td>
      <td className="num" data-label={t('threshold')}>
        {threshold === undefined ? '–' : format.score(threshold)}
      </td>
      <td className="num" data-label={t('weight')}>
        {ran ? format.count(weight) : '–'}
      </td>
      <td className={styles.why}>
        {key === undefined ? sentence : words(key)}
        {evidence && <span className="tiny muted num">{evidenceText(evidence)}</span>}
      </td>
    </tr>
  );
}

/** `yaw 14, distance 0.4`: figures as they were kept, lists by their length. */
function evidenceText(evidence: Readonly<Record<string, unknown>>): string {
  const text = (value: unknown) =>
    typeof value === 'number'
      ? String(Math.round(value * 1000) / 1000)
      : Array.isArray(value)
        ? String(value.length)
        : typeof value === 'object'
          ? JSON.stringify(value)
          : String(value);
  return Object.entries(evidence)
    .map(([name, value]) => `${name} ${text(value)}`)
    .join(', ');
}

function Sums({ verification }: { verification: Omit<Verification, 'checks'> }) {
  const t = useStrings(verificationStrings);
  const format = useFormat();
  const { compositeScore, confidence, assurance, timing } = verification;
  const assurances = { 'match-only': t('matchOnly'), passive: t('passive'), active: t('active') };
  const sums: [string, string][] = [
    [format.score(compositeScore), t('composite')],
    [format.score(confidence), t('confidence')],
    [assurances[assurance], t('assurance')],
  ];
  if (timing.total !== undefined) sums.push([format.duration(timing.total), t('judgedIn')]);
  return (
    <dl className={styles.sums}>
      {sums.map(([value, label]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd className="num">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Request({ verification: one }: { verification: Verification }) {
  const t = useStrings(verificationStrings);
  const format = useFormat();
  const heldFor = useStrings(heldForStrings);
  const source = useStrings(sourceStrings);
  const { match, place, device } = one;
  return (
    <Card title={t('request')}>
      <KeyValues
        entries={{
          [t('id')]: <Id id={one.id} full />,
          [t('time')]: <ExactTime at={one.at} />,
          [t('world')]: one.env === 'live' ? t('live') : t('test'),
          [t('kind')]: one.kind === '1:1' ? t('oneToOne') : t('oneToN'),
          [source('title')]: one.capture && source(one.capture.source),
          [t('message')]: one.message,
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

const contextChecks = new Set(['impossibleTravel', 'deviceConsistency', 'geoFence', 'timeRestriction']);

function Next({
  verification: { decision, reason, decidedBy, person, profile },
}: {
  verification: Verification;
}) {
  const t = useStrings(verificationStrings);
  const advice =
    decision === 'verified'
      ? t('nextVerified')
      : decidedBy === 'liveness'
        ? t('nextLiveness')
        : decidedBy !== undefined && contextChecks.has(decidedBy)
          ? t('nextContext')
          : reason === 'NOT_RECOGNIZED' || reason === 'BELOW_MINIMUM'
            ? t('nextMatch')
            : t('nextFace');
  return (
    <Card title={t('whatNext')} gap={12}>
      <p className="small">{advice}</p>
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
