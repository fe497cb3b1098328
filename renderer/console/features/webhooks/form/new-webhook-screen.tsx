import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { Form, useCheckedForm } from '../../../../ui/forms/index.ts';
import { Page } from '../../../../ui/layout/index.ts';
import { useStrings } from '../../../../ui/strings/index.ts';
import { api, useWorld } from '../../../data.ts';
import { FormCommand, Submit, useOperation } from '../../../operations.ts';
import { MadeSecret } from '../state-badge.tsx';
import { webhookStrings } from '../strings.ts';
import { catalogQuery } from '../webhook-queries.ts';
import { formStrings } from './form-strings.ts';
import { SaveFailed } from './not-granted.tsx';
import { WebhookFields } from './webhook-form.tsx';
import { newValues, toNew, useWebhookSchema, type WebhookValues } from './webhook-values.ts';

export const Route = createLazyRoute('/webhooks/new')({ component: NewWebhookScreen });

function NewWebhookScreen() {
  const t = useStrings(formStrings);
  const words = useStrings(webhookStrings);
  const env = useWorld();
  const navigate = useNavigate();
  const form = useCheckedForm<WebhookValues>(useWebhookSchema(), newValues);
  const { data: catalog } = useQuery(catalogQuery);
  const family = form.watch('family');
  useEffect(() => {
    const events = catalog?.items.filter((one) => one.family === family).map(({ name }) => name);
    if (events) form.setValue('events', events);
  }, [catalog, family, form]);
  const create = useOperation(
    (values: WebhookValues) => api.post('/api/admin/webhooks', { env }, toNew(values)),
    { refresh: ['webhooks'] },
  );
  const parents = [{ label: words('title'), to: '/webhooks' }];
  if (create.data) {
    const { id, description, secret } = create.data;
    return (
      <Page title={t('made', { name: description })} lead={t('madeLead')} parents={parents} reading>
        <MadeSecret secret={secret} done={() => void navigate({ to: '/webhooks/$id', params: { id } })} />
      </Page>
    );
  }
  return (
    <Page title={t('newTitle')} parents={parents} reading>
      <Form
        form={form}
        onSubmit={(values) => create.mutate(values)}
        failed={
          create.error && (
            <SaveFailed
              error={create.error}
              url={create.variables.url}
              name={create.variables.description}
              again={() => create.mutate(create.variables)}
            />
          )
        }
      >
        <WebhookFields control={form.control} />
        <Submit of={create} back="/webhooks">
          {words('create')}
        </Submit>
        <FormCommand form={form} run={create.run} />
      </Form>
    </Page>
  );
}
