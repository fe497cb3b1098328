import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { Button, ButtonLink } from '../../../../ui/controls/index.ts';
import { Form, useCheckedForm } from '../../../../ui/forms/index.ts';
import { Page, Row } from '../../../../ui/layout/index.ts';
import { uiStrings, useStrings } from '../../../../ui/strings/index.ts';
import { api, type Schemas, useWorld } from '../../../data.ts';
import { FormCommand, Refused, useOperation } from '../../../operations.ts';
import { useWebhookName } from '../state-badge.tsx';
import { webhookStrings } from '../strings.ts';
import { webhookQuery } from '../webhook-queries.ts';
import { formStrings } from './form-strings.ts';
import { SaveFailed } from './not-granted.tsx';
import { WebhookFields } from './webhook-form.tsx';
import { toChange, useWebhookSchema, valuesOf, type WebhookValues } from './webhook-values.ts';

export const Route = createLazyRoute('/webhooks/$id/change')({ component: ChangeWebhookScreen });

function ChangeWebhookScreen() {
  const words = useStrings(webhookStrings);
  const { id } = Route.useParams();
  const { data, error, refetch } = useQuery({ ...webhookQuery(useWorld(), id), refetchOnWindowFocus: false });
  if (data) return <ChangeForm webhook={data} />;
  return (
    <Page title={words('change')} parents={[{ label: words('title'), to: '/webhooks' }]} reading>
      <Refused of={{ error, refetch }} />
    </Page>
  );
}

function ChangeForm({ webhook }: { webhook: Schemas['Webhook'] }) {
  const t = useStrings(formStrings);
  const words = useStrings(webhookStrings);
  const ui = useStrings(uiStrings);
  const navigate = useNavigate();
  const name = useWebhookName()(webhook);
  const form = useCheckedForm<WebhookValues>(useWebhookSchema(webhook), valuesOf(webhook));
  const back = () => void navigate({ to: '/webhooks/$id', params: { id: webhook.id } });
  const save = useSave(webhook, back);
  return (
    <Page
      title={t('changeTitle', { name })}
      parents={[
        { label: words('title'), to: '/webhooks' },
        { label: name, to: `/webhooks/${webhook.id}` },
      ]}
      reading
    >
      <Form
        form={form}
        onSubmit={(values) => save.mutate(values)}
        failed={
          save.error && (
            <SaveFailed
              error={save.error}
              url={save.variables.url}
              name={save.variables.description}
              again={() => save.mutate(save.variables)}
            />
          )
        }
      >
        <WebhookFields control={form.control} before={webhook} />
        <Row>
          <Button type="submit" kind="primary" busy={save.isPending}>
            {t('save')}
          </Button>
          <ButtonLink to="/webhooks/$id" params={{ id: webhook.id }}>
            {ui('cancel')}
          </ButtonLink>
        </Row>
        <FormCommand form={form} run={save.run} />
      </Form>
    </Page>
  );
}

function useSave(webhook: Schemas['Webhook'], done: () => void) {
  const t = useStrings(formStrings);
  const env = useWorld();
  return useOperation(
    async (values: WebhookValues) => {
      const body = toChange(values, webhook);
      if (Object.keys(body).length === 0) return webhook;
      return api.patch('/api/admin/webhooks/{id}', { id: webhook.id, env }, body);
    },
    { toast: ({ description }) => [t('saved'), description], refresh: ['webhooks'], done },
  );
}
