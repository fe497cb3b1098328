import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button, ExactTime, Id } from '../../../ui/controls/index.ts';
import { Card, KeyValues, Note, Stack } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { Actor, read, type Schemas, useWorld } from '../../data.ts';
import { useClock } from './clock-time.tsx';
import { useReason } from './deliveries/answer.tsx';
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
              entries={{
                [t('accepted')]:
                  health.deliveries !== 0 &&
                  t('acceptedShare', {
                    accepted: format.count(health.accepted),
                    deliveries: format.count(health.deliveries),
                    share: format.percent(health.accepted / health.deliveries),
                  }),
                [t('median')]:
                  health.medianMilliseconds !== undefined && format.duration(health.medianMilliseconds),
                [t('waiting')]: format.count(health.waiting),
              }}
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
    <Card title={t('details')} gap={12}>
      <KeyValues
        entries={{
          [t('product')]: names(webhook.family),
          [t('events')]: <EventList events={webhook.events} family={webhook.family} />,
          [t('signature')]: signature === 'standard' ? own : t('besideStandard', { name: own }),
          [t('headers')]: headers.length !== 0 && <code>{headers.join(', ')}</code>,
          [t('trust')]: { system: t('trustSystem'), ca: t('trustCa'), pin: t('trustPin') }[trust.is],
          [t('created')]: <ExactTime at={webhook.createdAt} />,
          [t('createdBy')]: <Actor actor={webhook.createdBy} />,
          [t('id')]: <Id id={webhook.id} name={t('id')} />,
        }}
      />
      <p className="small">
        <Link to="/webhooks/verify">{t('verify')}</Link>
      </p>
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

interface Act {
  run(): void;
  busy: boolean;
}

/** What needs attention about a webhook, the most urgent alone; and the rotation that is under way. */
export function WebhookNotes({
  webhook,
  health,
  tryNow,
  enable,
  rotate,
}: {
  webhook: Webhook;
  health: Health | undefined;
  tryNow?: Act;
  enable?: Act;
  rotate?: () => void;
}) {
  const t = useStrings(webhookStrings);
  const clock = useClock();
  const reasonOf = useReason();
  const { kind, state, cutOverAt } = webhook;
  return (
    <>
      {state.is === 'disabled' && (
        <Note
          kind="warn"
          title={t('disabledNoteTitle')}
          action={
            enable && (
              <Button small busy={enable.busy} onClick={enable.run}>
                {t('enable')}
              </Button>
            )
          }
        >
          {t('disabledNoteText', { time: clock(state.at), reason: asSentence(reasonOf(state) ?? '') })}
        </Note>
      )}
      {state.is === 'enabled' && health !== undefined && health.waiting > 0 && (
        <WaitingNote webhook={webhook} health={health} tryNow={tryNow} />
      )}
      {kind === 'callback' && state.is === 'enabled' && cutOverAt === undefined && (
        <Note
          title={t('callbackNoteTitle')}
          action={
            rotate && (
              <Button small onClick={rotate}>
                {t('rotate')}
              </Button>
            )
          }
        >
          {t('callbackNoteText')}
        </Note>
      )}
      {cutOverAt !== undefined && (
        <Note title={t('rotatingTitle')}>{t('rotatingText', { time: clock(cutOverAt) })}</Note>
      )}
    </>
  );
}

/** Why the newest deliveries wait, as the receiver answered. */
function WaitingNote({
  webhook,
  health,
  tryNow,
}: {
  webhook: Webhook;
  health: Health;
  tryNow: Act | undefined;
}) {
  const t = useStrings(webhookStrings);
  const clock = useClock();
  const env = useWorld();
  const { data } = useQuery(
    read('/api/admin/deliveries', { env, endpoint: webhook.id, state: 'waiting', limit: 20 }),
  );
  const reasonOf = useReason();
  const reason = data?.items.map(({ state, last }) => reasonOf(state, last)).find(Boolean);
  const time = clock(health.nextAt ?? Date.now());
  return (
    <Note
      kind="warn"
      title={t('waitNoteTitle', { count: health.waiting })}
      action={
        tryNow && (
          <Button small busy={tryNow.busy} onClick={tryNow.run}>
            {t('tryNow')}
          </Button>
        )
      }
    >
      {reason ? t('waitNoteText', { reason: asSentence(reason), time }) : t('waitNoteSoon', { time })}
    </Note>
  );
}

const asSentence = (text: string) => (/[.!?)]$/.test(text) ? text : `${text}.`);
