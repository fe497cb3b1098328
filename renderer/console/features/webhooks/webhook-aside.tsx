import { Link } from '@tanstack/react-router';
import { Id } from '../../../ui/badges/id.tsx';
import { ExactTime } from '../../../ui/badges/relative-time.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Card, KeyValues, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { Actor } from '../../actor.tsx';
import type { Schemas } from '../../api/admin.ts';
import { formStrings } from './form/form-strings.ts';
import { HealthStrip, useStripSentence } from './state-badge.tsx';
import { webhookStrings } from './strings.ts';

type Webhook = Schemas['Webhook'];
type Health = Schemas['WebhookHealth'];

/** The last 24 hours, and what the webhook is. */
export function WebhookAside({ webhook, health }: { webhook: Webhook; health: Health | undefined }) {
  const t = useStrings(webhookStrings);
  const format = useFormat();
  const sentence = useStripSentence();
  return (
    <>
      <Card title={t('lastDay')}>
        {health && (
          <Stack gap={12}>
            <HealthStrip health={health} />
            <p className="small muted">{sentence(health)}</p>
            <KeyValues
              entries={[
                [
                  t('accepted'),
                  health.deliveries === 0
                    ? undefined
                    : t('acceptedShare', {
                        accepted: format.count(health.accepted),
                        deliveries: format.count(health.deliveries),
                        share: format.percent(health.accepted / health.deliveries),
                      }),
                ],
                [
                  t('median'),
                  health.medianMilliseconds === undefined
                    ? undefined
                    : format.duration(health.medianMilliseconds),
                ],
                [t('waiting'), format.count(health.waiting)],
              ]}
            />
            {isBounded(health) && (
              <p className="small muted">{t('countedSince', { time: format.dateTime(health.since) })}</p>
            )}
          </Stack>
        )}
      </Card>
      <Details webhook={webhook} />
    </>
  );
}

const isBounded = ({ since, hours }: Health) => hours[0] !== undefined && since > hours[0].at;

function Details({ webhook }: { webhook: Webhook }) {
  const t = useStrings(webhookStrings);
  const names = useStrings(formStrings);
  const { signature, signatureHeader, trust, headers } = webhook;
  const own = signatureHeader ?? t(signature);
  return (
    <Card title={t('details')}>
      <Stack gap={12}>
        <KeyValues
          entries={[
            [t('product'), names(webhook.family)],
            [t('events'), <EventList key="events" events={webhook.events} family={webhook.family} />],
            [t('signature'), signature === 'standard' ? own : t('besideStandard', { name: own })],
            [
              t('headers'),
              headers.length === 0 ? undefined : <code key="headers">{headers.join(', ')}</code>,
            ],
            [t('trust'), { system: t('trustSystem'), ca: t('trustCa'), pin: t('trustPin') }[trust.is]],
            [t('created'), <ExactTime key="created" at={webhook.createdAt} />],
            [t('createdBy'), <Actor key="by" actor={webhook.createdBy} />],
            [t('id'), <Id key="id" id={webhook.id} name={t('id')} />],
          ]}
        />
        <p className="small">
          <Link to="/webhooks/verify">{t('verify')}</Link>
        </p>
      </Stack>
    </Card>
  );
}

const EventList = ({ events, family }: { events: readonly string[]; family: string }) => (
  <>
    {events.map((event) => (
      <div key={event}>{event.slice(family.length + 1)}</div>
    ))}
  </>
);
