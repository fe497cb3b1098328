import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useController, useFormContext } from 'react-hook-form';
import { Button } from '../../../ui/controls/index.ts';
import { FileChoice, fieldsOf } from '../../../ui/forms/index.ts';
import { Card, Columns, Note, Row } from '../../../ui/layout/index.ts';
import { type OrganizationBranding, OrganizationLogo } from '../../../ui/organization-logo.tsx';
import { useStrings } from '../../../ui/strings/index.ts';
import { EXAMPLE_COLOR, isColor } from '../../../ui/theme/text-on-color.ts';
import { read, type Schemas } from '../../data.ts';
import styles from './branding-card.module.css';
import { settingsStrings } from './strings.ts';

type Organization = Schemas['Organization'];
/** Not changed, to be removed, or to be replaced by this file. */
export type LogoChange = 'kept' | 'none' | File;
interface Branding {
  name: string;
  logo: LogoChange;
  color: string;
}

const Field = fieldsOf<Branding>()(settingsStrings);

const formats = 'image/png,image/jpeg,image/webp';

/** Logo and color on the pages of people who are verified, with a preview on both grounds. Fields of the settings, saved with them. */
export function BrandingCard({
  organization,
  mayChange,
}: {
  organization: Organization;
  mayChange: boolean;
}) {
  const t = useStrings(settingsStrings);
  const { watch } = useFormContext<Branding>();
  const [name, logo, color] = watch(['name', 'logo', 'color']);
  const image = useImage(organization, logo);
  // What ink a new file has is known when it is saved.
  const look = { name, color, logo: image, logoInk: logo === 'kept' ? organization.logo?.ink : undefined };
  return (
    <Card title={t('look')} gap={16}>
      <p className="muted">{t('lookLead')}</p>
      <Columns n={2} collapse>
        <Preview of={look} scheme="light" />
        <Preview of={look} scheme="dark" />
      </Columns>
      {mayChange && <LogoField hasLogo={organization.logo !== undefined} />}
      {mayChange && <ColorField />}
    </Card>
  );
}

/** The logo that is saved, or the file that would replace it. */
function useImage(organization: Organization, logo: LogoChange): string | undefined {
  const saved = useQuery({
    ...read('/api/admin/organization/logo'),
    enabled: organization.logo !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [chosen, setChosen] = useState<string>();
  useEffect(() => {
    setChosen(undefined);
    if (!(logo instanceof File)) return;
    const reader = new FileReader();
    reader.onload = () => setChosen(String(reader.result));
    reader.readAsDataURL(logo);
    return () => reader.abort();
  }, [logo]);
  if (logo === 'none') return undefined;
  return logo === 'kept' ? organization.logo && saved.data?.image : chosen;
}

function Preview({ of, scheme }: { of: OrganizationBranding; scheme: 'light' | 'dark' }) {
  const t = useStrings(settingsStrings);
  return (
    <figure className={`${styles.preview} ${styles[scheme]} ${scheme === 'light' ? 'lit' : 'dim'}`}>
      <figcaption>{t(scheme === 'light' ? 'previewLight' : 'previewDark')}</figcaption>
      <span className={styles.head}>
        <OrganizationLogo of={of} />
        <b>{of.name}</b>
      </span>
    </figure>
  );
}

function LogoField({ hasLogo }: { hasLogo: boolean }) {
  const t = useStrings(settingsStrings);
  const { control } = useFormContext<Branding>();
  const { field } = useController({ control, name: 'logo' });
  const { value, onChange, ref, name, onBlur } = field;
  return (
    <>
      <FileChoice
        ref={ref}
        name={name}
        onBlur={onBlur}
        accept={formats}
        label={t('logo')}
        description={t('logoHint')}
        value={value instanceof File ? value : null}
        onChange={(file) => onChange(file ?? 'kept')}
      />
      {hasLogo && value === 'kept' && (
        <Row>
          <Button onClick={() => onChange('none')}>{t('logoRemove')}</Button>
        </Row>
      )}
      {value === 'none' && (
        <Note
          kind="warn"
          title={t('logoRemoveTitle')}
          action={<Button onClick={() => onChange('kept')}>{t('logoKeep')}</Button>}
        >
          {t('logoRemoveText')}
        </Note>
      )}
    </>
  );
}

function ColorField() {
  const t = useStrings(settingsStrings);
  const { control } = useFormContext<Branding>();
  const { field } = useController({ control, name: 'color' });
  return (
    <div className={styles.color}>
      <Field name="color" optional placeholder={EXAMPLE_COLOR} spellCheck={false} maxLength={7} />
      <input
        type="color"
        aria-label={t('colorChoose')}
        value={isColor(field.value) ? field.value.toLowerCase() : EXAMPLE_COLOR}
        onChange={(event) => field.onChange(event.target.value)}
      />
    </div>
  );
}
