import { IconCheck, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Badge, ScoreBar } from '../../../ui/controls/index.ts';
import { Card } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import type { Schemas } from '../../data.ts';
import { checkKey, reasonStrings } from '../../reasons/reason-strings.ts';
import { useDetailText } from './detail-text.ts';
import { verificationStrings } from './strings.ts';
import styles from './verification.module.css';

type Verification = Schemas['WholePastVerification'];

/** The answer in a sentence, and what follows from it. */
export function Ending({
  verified,
  title,
  children,
  action,
}: {
  verified: boolean;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  const Icon = verified ? IconCheck : IconX;
  return (
    <section className={styles.ending} data-verified={verified || undefined}>
      <span className={styles.mark} aria-hidden="true">
        <Icon size={24} stroke={2} />
      </span>
      <div>
        <h2>{title}</h2>
        {children && <p className="muted">{children}</p>}
      </div>
      {action}
    </section>
  );
}

/** What decided first, match against threshold, then the checks. */
export function Checks({ verification }: { verification: Verification }) {
  const t = useStrings(verificationStrings);
  const { checks } = verification;
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
      foot={<Sums verification={verification} />}
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
          <MatchRow verification={verification} />
          {checks.map((check) => (
            <CheckRow key={check.check} check={check} />
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function MatchRow({ verification }: { verification: Verification }) {
  const t = useStrings(verificationStrings);
  const format = useFormat();
  const { kind, decision, match, confidence, threshold } = verification;
  // Early releases kept neither.
  const matched = verification.matched ?? (decision === 'verified' ? true : undefined);
  const compared = match !== undefined || confidence > 0;
  return (
    <tr data-failed={matched === false || undefined} data-skipped={!compared || undefined}>
      <th scope="row">{t('match')}</th>
      <td data-label={t('result')}>
        {matched === undefined ? (
          <Badge kind="outline">{t('notRun')}</Badge>
        ) : matched ? (
          <Badge kind="ok">{t('pass')}</Badge>
        ) : (
          <Badge kind="bad">{t('refuses')}</Badge>
        )}
      </td>
      <td data-label={t('score')}>
        <ScoreBar
          {...(compared && { score: confidence })}
          {...(threshold !== undefined && { threshold })}
          {...(matched !== undefined && { passed: matched })}
          why={t('matchNone')}
        />
      </td>
      <td className="num" data-label={t('threshold')}>
        {threshold === undefined ? '–' : format.score(threshold)}
      </td>
      <td className="num" data-label={t('weight')}>
        –
      </td>
      <td className={styles.why}>{t(!compared ? 'matchNone' : kind === '1:1' ? 'matchOne' : 'matchMany')}</td>
    </tr>
  );
}

function CheckRow({ check }: { check: Schemas['PastCheck'] }) {
  const t = useStrings(verificationStrings);
  const words = useStrings(reasonStrings);
  const detailsOf = useDetailText();
  const format = useFormat();
  const { pass, score, threshold, weight, hardFail, skipped, evidence } = check;
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
          {...(skipped !== undefined && { why: words(key) })}
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
        {words(key)}
        {evidence && <span className="tiny muted num">{detailsOf(evidence)}</span>}
      </td>
    </tr>
  );
}

function Sums({ verification }: { verification: Verification }) {
  const t = useStrings(verificationStrings);
  const format = useFormat();
  const { compositeScore, assurance, timing } = verification;
  const assurances = { 'match-only': t('matchOnly'), passive: t('passive'), active: t('active') };
  const sums: [string, string][] = [
    [format.score(compositeScore), t('composite')],
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

const contextChecks = new Set(['impossibleTravel', 'deviceConsistency', 'geoFence', 'timeRestriction']);

/** The sentence about what can be done now. */
export function adviceFor({ decision, reason, decidedBy, kind }: Verification) {
  if (decision === 'verified') return 'nextVerified';
  if (decidedBy === 'liveness') return 'nextLiveness';
  if (decidedBy !== undefined && contextChecks.has(decidedBy)) return 'nextContext';
  if (reason === 'NOT_RECOGNIZED' && kind === '1:N') return 'nextSearch';
  return reason === 'NOT_RECOGNIZED' || reason === 'BELOW_MINIMUM' ? 'nextMatch' : 'nextFace';
}
