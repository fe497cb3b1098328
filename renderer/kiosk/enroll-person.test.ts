import { expect, test } from 'vitest';
import { Refusal } from '../ui/refusal.ts';
import { enrollPerson } from './enroll-person.ts';

const person = {
  name: 'Mira Marker',
  email: 'mira@example.com',
  textVersion: 'gatehouse-kiosk-4-off-1095-365.en',
  purposes: ['verification' as const],
};
const wanted = new AbortController().signal;
const pictures = ['one', 'two', 'three'].map((text) => new Blob([text]));
const blurred = new Refusal(422, { code: 'FACE_QUALITY_REFUSED', error: 'Hold still.' });
const lost = new Refusal(403, { code: 'INSUFFICIENT_SCOPE', error: 'No operator is signed in.' });

/** Answers each picture in turn; what was sent. */
function scripted(answers: readonly (Refusal | 'kept')[]) {
  const sent: { picture: string; consent: boolean }[] = [];
  return {
    sent,
    async enroll({ picture, consent }: { picture: string; consent?: unknown }) {
      const answer = answers[sent.length];
      sent.push({ picture: atob(picture), consent: consent !== undefined });
      if (answer instanceof Refusal) throw answer;
      return { pictures: 1 };
    },
  };
}

test('the first picture alone carries the consent', async () => {
  const api = scripted(['kept', 'kept', 'kept']);
  expect(await enrollPerson(api, person, pictures, wanted)).toEqual({
    is: 'enrolled',
    kept: 3,
    taken: 3,
    person: 'Mira Marker',
  });
  expect(api.sent).toEqual([
    { picture: 'one', consent: true },
    { picture: 'two', consent: false },
    { picture: 'three', consent: false },
  ]);
});

test('what was kept is counted, not what was taken', async () => {
  expect(await enrollPerson(scripted(['kept', blurred, 'kept']), person, pictures, wanted)).toMatchObject({
    kept: 2,
  });
  expect(await enrollPerson(scripted(['kept', lost]), person, pictures, wanted)).toMatchObject({ kept: 1 });
});

test('a first picture that is refused leaves the consent to the next', async () => {
  const api = scripted([blurred, 'kept', 'kept']);
  expect(await enrollPerson(api, person, pictures, wanted)).toMatchObject({ kept: 2, taken: 3 });
  expect(api.sent.map(({ consent }) => consent)).toEqual([true, true, false]);
});

test('none kept: the refusal, and no further picture where it is about none', async () => {
  await expect(enrollPerson(scripted([blurred, blurred, blurred]), person, pictures, wanted)).rejects.toBe(
    blurred,
  );
  const api = scripted([lost]);
  await expect(enrollPerson(api, person, pictures, wanted)).rejects.toBe(lost);
  expect(api.sent).toHaveLength(1);
});

test('a person who goes on takes back the request, and no further picture is sent', async () => {
  const gone = new AbortController();
  const sent: string[] = [];
  const answer = enrollPerson(
    {
      async enroll({ picture }, until) {
        sent.push(atob(picture));
        gone.abort();
        until.throwIfAborted();
        return { pictures: 1 };
      },
    },
    person,
    pictures,
    gone.signal,
  );
  await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
  expect(sent).toEqual(['one']);
});
