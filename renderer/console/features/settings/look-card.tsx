import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '../../../ui/controls/index.ts';
import { FileChoice } from '../../../ui/forms/index.ts';
import { Card, Columns, Row } from '../../../ui/layout/index.ts';
import { OrganizationLogo } from '../../../ui/organization-logo.tsx';
import { uiStrings, useStrings } from '../../../ui/strings/index.ts';
import { EXAMPLE_COLOR, isColor } from '../../../ui/theme/text-on-color.ts';
import { api, read, type Schemas } from '../../data.ts';
import { AskedOperation, Refused, useOperation } from '../../operations.ts';
import styles from './look-card.module.css';
import { settingsStrings } from './strings.ts';

type Organization = Schemas['Organization'];

const formats = 'image/png,image/jpeg,image/webp';

/** Logo and color on the pages of people who are verified, with a preview on both grounds. */
export function LookCard({ organization, mayChange }: { organization: Organization; mayChange: boolean }) {
  const t = useStrings(settingsStrings);
  const [color, setColor] = useState(organization.color ?? '');
  const logo = useQuery({
    ...read('/api/admin/organization/logo'),
    enabled: organization.logo !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const image = organization.logo && logo.data?.image;
  return (
    <Card title={t('look')} gap={16}>
      <p className="muted">{t('lookLead')}</p>
      <Columns n={2} collapse>
        <Preview organization={organization} image={image} color={color} scheme="light" />
        <Preview organization={organization} image={image} color={color} scheme="dark" />
      </Columns>
      {mayChange && <LogoFields organization={organization} />}
      {mayChange && <ColorField organization={organization} color={color} change={setColor} />}
    </Card>
  );
}

function Preview({
  organization: { name, logo },
  image,
  color,
  scheme,
}: {
  organization: Organization;
  image: string | undefined;
  color: string;
  scheme: 'light' | 'dark';
}) {
  const t = useStrings(settingsStrings);
  return (
    <figure className={`${styles.preview} ${styles[scheme]} ${scheme === 'light' ? 'lit' : 'dim'}`}>
      <figcaption>{t(scheme === 'light' ? 'previewLight' : 'previewDark')}</figcaption>
      <span className={styles.head}>
        <OrganizationLogo of={{ name, color, logo: image, logoInk: logo?.ink }} />
        <b>{name}</b>
      </span>
    </figure>
  );
}

function LogoFields({ organization }: { organization: Organization }) {
  const t = useStrings(settingsStrings);
  const set = useOperation(
    (file: File) => api.put('/api/admin/organization/logo', {}, { request: {}, file }),
    { toast: t('logoSet'), refresh: ['organization'] },
  );
  return (
    <>
      <FileChoice
        accept={formats}
        label={t('logo')}
        description={t('logoHint')}
        value={null}
        disabled={set.isPending}
        onChange={(file) => file && set.mutate(file)}
      />
      <Refused of={set} />
      {organization.logo && (
        <Row>
          <AskedOperation
            run={() => api.delete('/api/admin/organization/logo')}
            toast={t('logoRemoved')}
            refresh={['organization']}
            title={t('logoRemoveTitle')}
            confirmLabel={t('logoRemove')}
            cancelLabel={t('logoKeep')}
            danger
          >
            {t('logoRemoveText')}
          </AskedOperation>
        </Row>
      )}
    </>
  );
}

function ColorField({
  organization,
  color,
  change,
}: {
  organization: Organization;
  color: string;
  change(color: string): void;
}) {
  const t = useStrings(settingsStrings);
  const ui = useStrings(uiStrings);
  const [left, setLeft] = useState(false);
  const save = useOperation(() => api.patch('/api/admin/organization', {}, { color: color || null }), {
    toast: t('colorSet'),
    refresh: ['organization'],
  });
  const wrong = color !== '' && !isColor(color);
  const changed = color.toLowerCase() !== (organization.color ?? '');
  return (
    <>
      <div className={styles.color}>
        <TextInput
          label={
            <>
              {t('color')} <span className="muted">({ui('optional')})</span>
            </>
          }
          description={t('colorHint')}
          placeholder={EXAMPLE_COLOR}
          spellCheck={false}
          maxLength={7}
          value={color}
          onChange={(event) => change(event.target.value.trim())}
          onBlur={() => setLeft(true)}
          error={left && wrong ? t('colorWrong', { example: EXAMPLE_COLOR }) : undefined}
        />
        <input
          type="color"
          aria-label={t('colorChoose')}
          value={isColor(color) ? color.toLowerCase() : EXAMPLE_COLOR}
          onChange={(event) => change(event.target.value)}
        />
      </div>
      <Refused of={save} />
      {changed && (
        <Row>
          <Button
            kind="primary"
            busy={save.isPending}
            onClick={() => (wrong ? setLeft(true) : save.mutate())}
          >
            {t('colorSave')}
          </Button>
          <Button onClick={() => change(organization.color ?? '')}>{ui('discard')}</Button>
        </Row>
      )}
    </>
  );
}
