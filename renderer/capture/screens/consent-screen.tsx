import {
  IconBolt,
  IconCamera,
  IconInfoCircle,
  IconPointer,
  IconRotateClockwise,
  IconTrash,
  IconUser,
} from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useLanguage } from '../../ui/strings/language.tsx';
import { readIn } from '../../ui/strings/read-in.ts';
import { useStrings } from '../../ui/strings/use-strings.ts';
import { captureStrings } from '../capture-strings.ts';
import { Button, Heading, Sheet } from '../parts/frame.tsx';
import { useText } from '../parts/use-text.ts';
import type { Choice } from '../session/live-session.ts';
import type { Description, Path, Purpose } from '../session/wire.ts';

interface ConsentProps {
  description: Description;
  busy: boolean;
  problem: string | undefined;
  /** What the person chose is on its way. */
  fixed: boolean;
  agree(choice: Choice): void;
  leave(why: 'cancel' | 'other'): void;
}

/** Who asks, why, what happens and what is kept; nothing has begun before the person agrees. */
export function ConsentScreen({ description, busy, problem, fixed, agree, leave }: ConsentProps) {
  const t = useStrings(captureStrings);
  const text = useText();
  const { language } = useLanguage();
  const [path, setPath] = useState<Path>({ flash: true, motion: true });
  const [optional, setOptional] = useState<readonly Purpose[]>([]);
  const organization = description.organization.name;
  const purpose = text(description.purpose);
  const { consent, messages } = description;
  const { asks } = consent;
  const read = asks ? readIn(asks.languages, language) : language;
  return (
    <Sheet
      description={description}
      cancel={() => leave('cancel')}
      problem={problem}
      acts={
        <>
          <p className="c-agree">{t('consentAsk', { organization })}</p>
          <Button primary busy={busy} onClick={() => agree({ path, language, optional })}>
            {text(messages?.button) ?? t('agree')}
          </Button>
          <Button busy={busy} onClick={() => leave('other')}>
            {t('otherWay')}
          </Button>
        </>
      }
    >
      <div className="c-lead">
        <Heading>{text(description.title) ?? t('consentTitle')}</Heading>
        {messages?.intro !== undefined && <p className="lead">{text(messages.intro)}</p>}
        <p className="lead">{t('consentLead', { organization })}</p>
      </div>
      <section className="c-lead" aria-labelledby="what">
        <h2 id="what" className="sr">
          {t('whatHappens')}
        </h2>
        <ul className="c-list">
          {purpose !== undefined && (
            <Line icon={<IconInfoCircle aria-hidden="true" />}>{t('purpose', { purpose })}</Line>
          )}
          <Line icon={<IconCamera aria-hidden="true" />}>{t('whatCamera')}</Line>
          <Line icon={<IconRotateClockwise aria-hidden="true" />}>
            {t('whatSteps', { count: description.steps })}
          </Line>
          {description.behavior && <Line icon={<IconPointer aria-hidden="true" />}>{t('whatBehavior')}</Line>}
          {asks?.purposes
            .filter((one) => !asks.optional.includes(one))
            .map((one) => (
              <Line key={one} icon={<IconUser aria-hidden="true" />}>
                {t(one === 'deduplication' ? 'countedOnce' : 'compared')}
              </Line>
            ))}
          <Line icon={<IconTrash aria-hidden="true" />}>
            <span lang={read}>{consent.retention[language]}</span>
          </Line>
        </ul>
      </section>
      {asks?.optional.map((one) => (
        <Check
          key={one}
          label={t('optional')}
          disabled={fixed}
          checked={optional.includes(one)}
          change={(on) => setOptional((now) => (on ? [...now, one] : now.filter((other) => other !== one)))}
        />
      ))}
      <PathChoice {...{ description, path, fixed }} choose={setPath} />
      <div className="c-fine">
        <details>
          <summary>{t('fullText')}</summary>
          {consent.text[language].map((paragraph) => (
            <p key={paragraph} lang={read}>
              {paragraph}
            </p>
          ))}
        </details>
        <TakingBack of={consent} />
      </div>
    </Sheet>
  );
}

/** How the consent is taken back: before it is given, and beside the reference at the end. */
export function TakingBack({ of: { withdraw, asks } }: { of: Description['consent'] }) {
  const t = useStrings(captureStrings);
  const { language } = useLanguage();
  return (
    <details>
      <summary>{t('withdrawTitle')}</summary>
      <p lang={asks && readIn(asks.languages, language)}>{withdraw[language]}</p>
    </details>
  );
}

export const Line = ({ icon, children }: { icon: ReactNode; children: ReactNode }) => (
  <li>
    {icon}
    <span>{children}</span>
  </li>
);

interface CheckProps {
  label: string;
  checked: boolean;
  disabled: boolean;
  change(on: boolean): void;
}

const Check = ({ label, checked, disabled, change }: CheckProps) => (
  <label className="c-check">
    <input type="checkbox" {...{ checked, disabled }} onChange={({ target }) => change(target.checked)} />
    <span>{label}</span>
  </label>
);

interface PathChoiceProps {
  description: Description;
  path: Path;
  fixed: boolean;
  choose(path: Path): void;
}

/** Ways for people harmed by flashing light, and for people who cannot move their head; offered before the camera starts. */
function PathChoice({ description, path, fixed, choose }: PathChoiceProps) {
  const t = useStrings(captureStrings);
  const choices = description.pathChoices;
  const organization = description.organization.name;
  if (!choices.flash && !choices.motion) return null;
  const box = (which: keyof Path, label: string) => (
    <Check
      label={label}
      checked={!path[which]}
      disabled={fixed}
      change={(on) => choose({ ...path, [which]: !on })}
    />
  );
  return (
    <fieldset className="c-note c-path">
      <legend>
        <IconBolt aria-hidden="true" />
        {t(choices.flash ? 'flashTitle' : 'pathTitle')}
      </legend>
      <p>{t(choices.flash ? 'flashText' : 'motionText')}</p>
      {choices.flash && box('flash', t('withoutFlash'))}
      {choices.motion && box('motion', t('withoutMotion'))}
      {choices.motion && !path.motion && description.motionReviewed && (
        <p role="status">{t('motionReviewed', { organization })}</p>
      )}
      {!choices.motion && <p>{t('motionNeeded', { organization })}</p>}
    </fieldset>
  );
}
