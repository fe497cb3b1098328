import { defineStrings } from '../strings/define-strings.ts';
import { useStrings } from '../strings/use-strings.ts';
import de from './test-people-strings.de.json' with { type: 'json' };
import en from './test-people-strings.en.json' with { type: 'json' };

/** What the test people stand for, on the capture page and the kiosk. */
const testPeopleStrings = defineStrings('ui/test-people/test-people-strings', en, de);

const outcomes = [
  'verified',
  'not-matched',
  'refused-by-liveness',
  'two-faces',
  'review',
  'duplicate',
  'expired',
] as const;
export type TestOutcome = (typeof outcomes)[number];

/** In the test world, in the place of a camera: a drawn person whose check always ends in the same way. Named as in the API. */
export function TestPersonChoice({ choose }: { choose(outcome: TestOutcome): void }) {
  const t = useStrings(testPeopleStrings);
  return (
    <label className="c-device">
      <span>{t('label')}</span>
      <select value="" onChange={({ target }) => choose(target.value as TestOutcome)}>
        <option value="" disabled>
          {t('choose')}
        </option>
        {outcomes.map((outcome) => (
          <option key={outcome}>{outcome}</option>
        ))}
      </select>
    </label>
  );
}

/** Milliseconds until a picture that does not come is given up. */
const PATIENCE = 15_000;

export async function testPicture(outcome: TestOutcome): Promise<Blob> {
  const reply = await fetch(`/docs/test-people/${outcome}.jpg`, {
    credentials: 'omit',
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!reply.ok) throw new Error(`The picture of the test person is not there (${reply.status}).`);
  return reply.blob();
}
