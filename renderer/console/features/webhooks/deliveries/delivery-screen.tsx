import { IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { Button, ExactTime, Id, Snippet } from '../../../../ui/controls/index.ts';
import { Card, KeyValues, Page } from '../../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../../ui/strings/index.ts';
import { operators, type Schemas, useSession, useWorld } from '../../../data.ts';
import { Refused } from '../../../operations.ts';
import { useWebhookName } from '../state-badge.tsx';
import { webhookStrings } from '../strings.ts';
import { deliveryQuery, webhookQuery } from '../webhook-queries.ts';
import { Answer, useOutcomeText, useReasonAsShown, useResend } from './answer.tsx';
import { deliveryStrings } from './delivery-strings.ts';
import { prettyBody } from './pretty-body.ts';

export const Route = createLazyRoute('/webhooks/$id/deliveries/$delivery')({ component: DeliveryScreen });

type Delivery = Schemas['DeliveryWithLog'];
type Attempt = Schemas['DeliveryAttempt'];

function DeliveryScreen() {
  const t = useStrings(deliveryStrings);
  const words = useStrings(webhookStrings);
  const env = useWorld();
  const { user } = useSession();
  const { id, delivery } = Route.useParams();
  const { data: webhook } = useQuery(webhookQuery(env, id));
  const { data, error, refetch } = useQuery(deliveryQuery(env, delivery));
  const resend = useResend();
  const name = useWebhookName();
  const parents = [
    { label: words('title'), to: '/webhooks' },
    { label: webhook ? name(webhook) : words('webhook'), to: `/webhooks/${id}` },
  ];
  const mayResend =
    operators.includes(user.role) &&
    webhook?.state.is === 'enabled' &&
    data !== undefined &&
    data.origin !== 'test' &&
    data.state.is !== 'dropped';
  return (
    <Page
      title={data && webhook ? data.name.slice(webhook.family.length + 1) : t('delivery')}
      badge={data && <Answer delivery={{ ...data, last: data.log.at(-1) }} />}
      lead={t('audited')}
      parents={parents}
      reading
      actions={
        mayResend && (
          <Button busy={resend.isPending} onClick={() => resend.mutate(delivery)} icon={IconRefresh}>
            {t('resend')}
          </Button>
        )
      }
    >
      <Refused of={{ error, refetch }} />
      <Refused of={resend} title={t('notResent')} />
      {data && <Shown delivery={data} />}
    </Page>
  );
}

function Shown({ delivery }: { delivery: Delivery }) {
  const t = useStrings(deliveryStrings);
  const reasonOf = useReasonAsShown();
  const { state } = delivery;
  const body = delivery.log.at(-1)?.request?.body;
  const origins = {
    event: t('originEvent'),
    callback: t('originCallback'),
    resend: t('originResend'),
    replay: t('originReplay'),
    test: t('originTest'),
  };
  return (
    <>
      <Card>
        <KeyValues
          entries={{
            [t('when')]: <ExactTime at={delivery.createdAt} />,
            [t('origin')]: origins[delivery.origin],
            [t('why')]: reasonOf(state, delivery.log.at(-1)),
            [t('nextAttempt')]: state.is === 'waiting' && <ExactTime at={state.nextAt} />,
            [t('eventId')]: delivery.event !== undefined && (
              <Id id={delivery.event} full name={t('eventId')} />
            ),
            [t('id')]: <Id id={delivery.id} full name={t('id')} />,
          }}
        />
      </Card>
      {body !== undefined && (
        <Card title={t('requestBody')} gap={12}>
          <Snippet code={prettyBody(body)} name={t('requestBody')} />
          {delivery.log.length > 1 && <p className="small muted">{t('sameBody')}</p>}
        </Card>
      )}
      {delivery.log.length === 0 && <p className="muted">{t('noAttempt')}</p>}
      {delivery.log.toReversed().map((attempt) => (
        <AttemptCard key={attempt.number} attempt={attempt} />
      ))}
    </>
  );
}

function AttemptCard({ attempt }: { attempt: Attempt }) {
  const t = useStrings(deliveryStrings);
  const format = useFormat();
  const textOf = useOutcomeText();
  const { request, response } = attempt;
  return (
    <Card
      title={t('attempt', { number: attempt.number })}
      actions={
        <span className="small muted">
          <ExactTime at={attempt.at} />
        </span>
      }
      gap={16}
    >
      <KeyValues
        entries={{
          [t('result')]: textOf(attempt),
          [t('said')]: attempt.error && <code>{attempt.error}</code>,
          [t('took')]: format.duration(attempt.milliseconds),
        }}
      />
      {request === undefined ? (
        <p className="small muted">{t('notKept')}</p>
      ) : (
        <>
          <h3>{t('request')}</h3>
          <Snippet code={`POST ${request.url}\n${headerLines(request.headers)}`} name={t('requestHeaders')} />
        </>
      )}
      {response && (
        <>
          <h3>{t('response')}</h3>
          <Snippet
            code={`HTTP ${attempt.status ?? ''}\n${headerLines(response.headers)}`}
            name={t('responseHeaders')}
          />
          {response.body === '' ? (
            <p className="small muted">{t('emptyBody')}</p>
          ) : (
            <Snippet code={prettyBody(response.body)} name={t('responseBody')} />
          )}
          {response.truncated && <p className="small muted">{t('truncated')}</p>}
        </>
      )}
    </Card>
  );
}

const headerLines = (headers: Readonly<Record<string, string>>) =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
