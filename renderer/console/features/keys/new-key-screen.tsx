import { zodResolver } from '@hookform/resolvers/zod';
import { Checkbox } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { type Control, Controller, useForm } from 'react-hook-form';
import { z } from 'zod';
import { keyPrefixes, scopes } from '../../../../sdk/admin/values.ts';
import { Button, ButtonLink } from '../../../ui/controls/button.tsx';
import { SelectField, SwitchField, TextAreaField, TextField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useWorld } from '../../session/session-query.ts';
import { linesOf } from './key-state.ts';
import { MadeKey } from './made-key.tsx';
import { keyStrings } from './strings.ts';

export const Route = createLazyRoute('/keys/new')({ component: NewKeyScreen });

/** A key with both scopes of the family holds `identity`. */
const offered = scopes.filter((scope) => scope !== 'identity');

function useSchema() {
  const t = useStrings(keyStrings);
  return z
    .object({
      name: z.string().trim().min(1, t('nameMissing')),
      env: z.enum(['live', 'test']),
      prefix: z.enum(keyPrefixes),
      scopes: z.array(z.enum(offered)).min(1, t('scopesMissing')),
      expires: z
        .string()
        .refine((day) => day === '' || Date.parse(`${day}T23:59:59`) > Date.now(), t('expiresPast')),
      cidrs: z.string(),
      browser: z.boolean(),
      origins: z.string(),
    })
    .refine(({ browser, origins }) => !browser || linesOf(origins).length > 0, {
      path: ['origins'],
      message: t('originsMissing'),
    });
}
type Values = z.output<ReturnType<typeof useSchema>>;

/** The form as the route takes it. Both identity scopes together are `identity`. */
function bodyOf({
  name,
  env,
  prefix,
  scopes: chosen,
  expires,
  cidrs,
  browser,
  origins,
}: Values): Schemas['NewKey'] {
  const networks = linesOf(cidrs);
  const both = chosen.includes('identity:verify') && chosen.includes('identity:enroll');
  const others = chosen.filter((scope) => !scope.startsWith('identity'));
  return {
    name,
    env,
    prefix,
    scopes: both ? ['identity', ...others] : chosen,
    ...(expires !== '' && { expiresAt: new Date(`${expires}T23:59:59`).toISOString() }),
    ...(networks.length > 0 && { cidrs: networks }),
    ...(browser && { browser, origins: linesOf(origins) }),
  };
}

function NewKeyScreen() {
  const t = useStrings(keyStrings);
  const ui = useStrings(uiStrings);
  const env = useWorld();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const form = useForm({
    resolver: zodResolver(useSchema()),
    mode: 'onTouched',
    defaultValues: {
      name: '',
      env,
      prefix: 'gh' as const,
      scopes: ['identity:verify'] as Values['scopes'],
      expires: '',
      cidrs: '',
      browser: false,
      origins: '',
    },
  });
  const create = useMutation({
    mutationFn: (values: Values) =>
      replyOf(admin.POST('/api/admin/keys', { params: { query: {} }, body: bodyOf(values) })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['keys'] }),
  });
  const parents = [{ label: t('title'), to: '/keys' }];
  if (create.data)
    return (
      <Page title={t('made', { name: create.data.name })} lead={t('madeLead')} parents={parents} reading>
        <MadeKey secret={create.data.key} done={() => void navigate({ to: '/keys' })} />
      </Page>
    );
  return (
    <Page title={t('newTitle')} parents={parents} reading>
      <Form
        form={form}
        onSubmit={(values) => create.mutate(values)}
        failed={create.error && <LoadFailed error={create.error} title={ui('couldNotSave')} />}
      >
        <Fields control={form.control} browser={form.watch('browser')} />
        <Row>
          <Button type="submit" kind="primary" busy={create.isPending}>
            {t('create')}
          </Button>
          <ButtonLink to="/keys">{ui('cancel')}</ButtonLink>
        </Row>
      </Form>
    </Page>
  );
}

function Fields({ control, browser }: { control: Control<Values>; browser: boolean }) {
  const t = useStrings(keyStrings);
  return (
    <>
      <Card>
        <Stack>
          <TextField control={control} name="name" label={t('name')} hint={t('nameHint')} maxLength={120} />
          <SelectField
            control={control}
            name="env"
            label={t('world')}
            hint={t('worldHint')}
            data={[
              { value: 'live', label: t('live') },
              { value: 'test', label: t('test') },
            ]}
          />
          <Scopes control={control} />
        </Stack>
      </Card>
      <Card>
        <Stack>
          <TextField control={control} name="expires" label={t('expires')} type="date" optional />
          <TextAreaField
            control={control}
            name="cidrs"
            label={t('cidrs')}
            hint={t('cidrsHint')}
            rows={2}
            optional
          />
          <SelectField
            control={control}
            name="prefix"
            label={t('prefix')}
            hint={t('prefixHint')}
            data={['gh', 'prf', 'huma', 'hp', 'sk'].map((value) => ({ value, label: `${value}_` }))}
          />
          <SwitchField control={control} name="browser" label={t('browser')} hint={t('browserHint')} />
          {browser && (
            <TextAreaField
              control={control}
              name="origins"
              label={t('origins')}
              hint={t('originsHint')}
              rows={2}
            />
          )}
        </Stack>
      </Card>
    </>
  );
}

function Scopes({ control }: { control: Control<Values> }) {
  const t = useStrings(keyStrings);
  const names: Record<(typeof offered)[number], string> = {
    'identity:verify': t('verify'),
    'identity:enroll': t('enroll'),
    presence: t('presence'),
    sessions: t('sessions'),
    hosted: t('hosted'),
    registrations: t('registrations'),
    webhooks: t('webhooks'),
    admin: t('admin'),
    behavior: t('behavior'),
  };
  return (
    <Controller
      control={control}
      name="scopes"
      render={({ field, fieldState }) => (
        <Checkbox.Group
          label={t('scopes')}
          description={t('scopesHint')}
          error={fieldState.error?.message}
          value={field.value}
          onChange={field.onChange}
        >
          <Stack gap={8}>
            {offered.map((scope) => (
              <Checkbox key={scope} value={scope} label={names[scope]} />
            ))}
          </Stack>
        </Checkbox.Group>
      )}
    />
  );
}
