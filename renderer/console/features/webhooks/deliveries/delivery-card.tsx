import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Id, Snippet } from '../../../../ui/controls/index.ts';
import { Card } from '../../../../ui/layout/index.ts';
import { uiStrings, useFormat, useStrings } from '../../../../ui/strings/index.ts';
import { useWorld } from '../../../data.ts';
import { Refused } from '../../../operations.ts';
import { ClockTime } from '../clock-time.tsx';
import { webhookStrings } from '../strings.ts';
import { deliveryQuery } from '../webhook-queries.ts';
import styles from '../webhooks.module.css';
import { useOutcomeText, useReasonAsShown } from './answer.tsx';
import { deliveryStrings } from './delivery-strings.ts';
import { prettyBody } from './pretty-body.ts';

/** The chosen delivery beside the list: its attempts, and what was sent. */
export function DeliveryCard({ webhook, id }: { webhook: string; id: string }) {
  const t = useStrings(deliveryStrings);
  const ui = useStrings(uiStrings);
  const words = useStrings(webhookStrings);
  const format = useFormat();
  const textOf = useOutcomeText();
  const reasonOf = useReasonAsShown();
  const { data, error, refetch } = useQuery(deliveryQuery(useWorld(), id));
  const reason = data && reasonOf(data.state, data.log.at(-1));
  const body = data?.log.at(-1)?.request?.body;
  return (
    <Card title={t('delivery')} actions={<Id id={id} name={t('id')} />} gap={12}>
      <Refused of={{ error, refetch }} />
      {!data && !error && <p className="muted small">{ui('loading')}</p>}
      {data && (
        <>
          <ul className={styles.attempts}>
            {data.log.map((attempt) => (
              <li key={attempt.number}>
                <ClockTime at={attempt.at} />
                <span>{textOf(attempt)}</span>
                <span className="muted num">{format.duration(attempt.milliseconds)}</span>
              </li>
            ))}
            {data.state.is === 'waiting' && (
              <li className="muted">
                <ClockTime at={data.state.nextAt} />
                <span>{t('nextAttempt')}</span>
              </li>
            )}
          </ul>
          {reason && <p className="small muted">{reason}</p>}
          {body ? (
            <div className={styles.body}>
              <Snippet code={prettyBody(body)} name={t('requestBody')} />
            </div>
          ) : (
            <p className="small muted">{data.log.length === 0 ? t('noAttempt') : t('notKept')}</p>
          )}
          <p className="small">
            <Link to="/webhooks/$id/deliveries/$delivery" params={{ id: webhook, delivery: id }}>
              {t('full')}
            </Link>
            {' · '}
            <Link to="/webhooks/verify">{words('verify')}</Link>
          </p>
        </>
      )}
    </Card>
  );
}
