import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useForm } from 'react-hook-form';
import { Button, ButtonLink } from '../../../../ui/controls/button.tsx';
import { Form } from '../../../../ui/forms/form.tsx';
import { Row } from '../../../../ui/layout/layout.tsx';
import { Page } from '../../../../ui/layout/page.tsx';
import { uiStrings } from '../../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../../api/admin.ts';
import { useWorld } from '../../../session/session-query.ts';
import { MadeSecret } from '../made-secret.tsx';
import { webhookStrings } from '../strings.ts';
import { catalogQuery } from '../webhook-queries.ts';
import { formStrings } from './form-strings.ts';
import { SaveFailed } from './not-granted.tsx';
import { useSchema, WebhookFields } from './webhook-form.tsx';
import { newValues, toNew, type WebhookValues } from './webhook-values.ts';

export const Route = createLazyRoute('/webhooks/new')({ component: NewWebhookScreen });

function NewWebhookScreen() {
  const t = useStrings(formStrings);
  const words = useStrings(webhookStrings);
  const ui = useStrings(uiStrings);
  const env = useWorld();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const form = useForm<WebhookValues>({
    resolver: zodResolver(useSchema()),
    mode: 'onTouched',
    defaultValues: newValues,
  });
  const { data: catalog } = useQuery(catalogQuery);
  const family = form.watch('family');
  useEffect(() => {
    const events = catalog?.items.filter((one) => one.family === family).map(({ name }) => name);
    if (events) form.setValue('events', events);
  }, [catalog, family, form]);
  const create = useMutation({
    mutationFn: (values: WebhookValues) =>
      replyOf(admin.POST('/api/admin/webhooks', { params: { query: { env } }, body: toNew(values) })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['webhooks'] }),
  });
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
        <Row>
          <Button type="submit" kind="primary" busy={create.isPending}>
            {words('create')}
          </Button>
          <ButtonLink to="/webhooks">{ui('cancel')}</ButtonLink>
        </Row>
      </Form>
    </Page>
  );
}
