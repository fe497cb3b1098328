import { Badge, ScoreBar } from '../../../ui/controls/index.ts';
import { Card, Row } from '../../../ui/layout/index.ts';
import { useLanguage, useStrings } from '../../../ui/strings/index.ts';
import type { Schemas } from '../../data.ts';
import { againstKeys, detailsText, findingKeys } from './evidence-words.ts';
import styles from './session.module.css';
import { sessionStrings } from './strings.ts';

type Session = Schemas['WholeLiveSession'];

/** What spoke against an attempt that was not passed, one sentence a finding; nothing where it was passed. */
export function AttemptFindings({ session: { liveness } }: { session: Session }) {
  const t = useStrings(sessionStrings);
  const keys = liveness && !liveness.passed ? againstKeys(liveness.evidence) : [];
  if (keys.length === 0) return null;
  return (
    <div>
      <p>{t('against')}</p>
      <ul className={styles.reasons}>
        {keys.map((key) => (
          <li key={key}>{t(key as 'against')}</li>
        ))}
      </ul>
    </div>
  );
}

/** What the deciding attempt showed, finding by finding. */
export function Evidence({ session }: { session: Session }) {
  const { liveness, decision } = session;
  const t = useStrings(sessionStrings);
  if (liveness === undefined)
    return (
      <Card title={t('evidence')}>
        <p className="muted">{t(decision === undefined ? 'noEvidenceYet' : 'noEvidence')}</p>
      </Card>
    );
  return (
    <Card title={t('evidence')} flush>
      <div className={styles.against}>
        <AttemptFindings session={session} />
      </div>
      <table className={`rows ${styles.findings}`}>
        <caption className="small muted">{t('evidenceLead')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('finding')}</th>
            <th scope="col">{t('result')}</th>
            <th scope="col">{t('strength')}</th>
            <th scope="col">{t('details')}</th>
          </tr>
        </thead>
        <tbody>
          {liveness.evidence.map((one, i) => (
            <Finding key={i} finding={one} />
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function Finding({ finding }: { finding: Schemas['LiveSessionEvidence'] }) {
  const t = useStrings(sessionStrings);
  const { language, locale } = useLanguage();
  const { kind, passed, strength, maturity, details } = finding;
  return (
    <tr data-failed={passed === false || undefined}>
      <th scope="row">
        <FindingName kind={kind} />
      </th>
      <td data-label={t('result')}>
        <Row wrap={false}>
          {passed === undefined ? (
            <Badge kind="outline">{t('recorded')}</Badge>
          ) : (
            <Badge kind={passed ? 'ok' : 'bad'}>{t(passed ? 'passed' : 'failed')}</Badge>
          )}
          {maturity === 'experimental' && <Badge kind="experimental">{t('experimental')}</Badge>}
        </Row>
      </td>
      <td data-label={t('strength')} data-none={strength === undefined || undefined}>
        {strength === undefined ? (
          <span className="muted">–</span>
        ) : (
          <ScoreBar score={strength} passed={passed !== false} />
        )}
      </td>
      <td className={styles.details}>{detailsText(details, language, locale)}</td>
    </tr>
  );
}

function FindingName({ kind }: { kind: string }) {
  const t = useStrings(sessionStrings);
  const keys = findingKeys(kind);
  if (keys === undefined) return <>{kind}</>;
  const main = t(keys.main as 'evidence');
  return <>{keys.of === undefined ? main : `${main}: ${t(keys.of as 'evidence')}`}</>;
}

/** The score that registrations answer, and what it is made of. */
export function HumannessCard({ humanness }: { humanness: NonNullable<Session['humanness']> }) {
  const t = useStrings(sessionStrings);
  const { locale } = useLanguage();
  const { score, base, parts } = humanness;
  const number = new Intl.NumberFormat(locale, { maximumSignificantDigits: 2 });
  return (
    <Card title={t('humanness')} actions={<Badge kind="experimental">{t('experimental')}</Badge>} gap={12}>
      <ScoreBar score={score} passed={score >= 0.5} />
      <table className={styles.parts}>
        <caption className="small muted">{t('humannessLead')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('part')}</th>
            <th scope="col">{t('score')}</th>
            <th scope="col" className="num">
              {t('factor')}
            </th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{t('part.base')}</th>
            <td>
              <span className="muted">–</span>
            </td>
            <td className="num">{number.format(base)}</td>
          </tr>
          {parts.map((part) => (
            <tr key={part.name}>
              <th scope="row">{t(`part.${part.name}`)}</th>
              <td>
                <ScoreBar score={part.score} passed={part.score >= 0.5} />
              </td>
              <td className="num">× {number.format(part.factor)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
