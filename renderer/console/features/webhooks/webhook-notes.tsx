import { useQuery } from '@tanstack/react-query';
import { Button } from '../../../ui/controls/button.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { useWorld } from '../../session/session-query.ts';
import { useClock } from './clock-time.tsx';
import { webhookStrings } from './strings.ts';

type Webhook = Schemas['Webhook'];
type Health = Schemas['WebhookHealth'];
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
          {t('disabledNoteText', { time: clock(state.at), reason: asSentence(state.reason) })}
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
  const { data } = useQuery({
    queryKey: ['deliveries', env, webhook.id, 'why'],
    queryFn: ({ signal }) =>
      replyOf(
        admin.GET('/api/admin/deliveries', {
          params: { query: { env, endpoint: webhook.id, state: 'waiting', limit: 20 } },
          signal,
        }),
      ),
  });
  const reason = data?.items.map(({ state }) => 'reason' in state && state.reason).find(Boolean);
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
