import type { CheckResult } from '../service/engine/matching/index.ts';
import { alterations } from './alterations.ts';
import type { DemoService } from './demo-service.ts';
import type { Found, Photo } from './find-people.ts';

/** The people of these photographs are enrolled; the names are invented. */
export const cast = {
  enrolled: { 'sample3.jpg': ['Ada', 'Bea', 'Cleo'], 'sample6.jpg': ['Dora', 'Ella', 'Faye', 'Gina'] },
  strangers: ['sample4.jpg', 'sample5.jpg'],
  /** To the eye the same woman as Bea, on another day: the third from the left of sample1.jpg. */
  again: { photo: 'sample1.jpg', index: 2, name: 'Bea' },
} as const;

export interface Person extends Found {
  name: string;
  email: string;
}

/** One question to `/api/verify` and its answer. */
export interface Trial {
  /** Who is in the picture; "stranger 3". */
  who: string;
  picture: Buffer;
  /** What was done to the picture. */
  treatment: string;
  /** "who is this?", or whose e-mail was claimed. */
  question: string;
  /** An e-mail was claimed: the question was about one person. */
  claimed: boolean;
  /** The e-mail that must come back, or undefined: must not be verified. */
  expected: string | undefined;
  status: number;
  answer: VerifyReply;
  /** Request to answer, over HTTP. */
  milliseconds: number;
  right: boolean;
}

export interface VerifyReply {
  verified?: boolean;
  email?: string;
  reason?: string;
  confidence?: number;
  compositeScore?: number;
  assurance?: string;
  checkResults?: CheckResult[];
  error?: string;
  code?: string;
}

interface Question {
  who: string;
  picture: Buffer;
  treatment: string;
  claim?: Person;
  expected?: Person;
}

export function peopleOf(photos: readonly Photo[]): { people: Person[]; strangers: Person[]; again: Found } {
  const facesOf = (name: string) => photos.find((photo) => photo.name === name)?.faces ?? [];
  const people = Object.entries(cast.enrolled).flatMap(([photo, names]) =>
    names.map((name, index) => {
      const face = facesOf(photo)[index];
      if (!face) throw new Error(`The detector no longer finds face ${index + 1} of ${photo}.`);
      return { ...face, name, email: `${name.toLowerCase()}@demo.example` };
    }),
  );
  const strangers = cast.strangers
    .flatMap(facesOf)
    .map((face, index) => ({ ...face, name: `stranger ${index + 1}`, email: '' }));
  const again = facesOf(cast.again.photo)[cast.again.index];
  if (!again)
    throw new Error(`The detector no longer finds face ${cast.again.index + 1} of ${cast.again.photo}.`);
  return { people, strangers, again };
}

export async function enroll(service: DemoService, people: readonly Person[]): Promise<void> {
  for (const { name, email, portrait } of people) {
    const reply = await service.post<{ enrolled?: boolean; error?: string }>('/api/enroll', {
      email,
      image: portrait.toString('base64'),
    });
    if (!reply.body.enrolled)
      throw new Error(`${name} was not enrolled: ${reply.status} ${reply.body.error}`);
  }
}

/** Altered copies of each person, Bea on another photograph, each person claimed as the next, and strangers 1:1 and 1:N. */
export async function ask(service: DemoService, photos: readonly Photo[]): Promise<Trial[]> {
  const { people, strangers, again } = peopleOf(photos);
  const questions: Question[] = [];
  for (const person of people) {
    for (const { name, apply } of alterations) {
      const picture = await apply(person.portrait);
      questions.push({ who: person.name, picture, treatment: name, expected: person });
    }
  }
  const known = people.find(({ name }) => name === cast.again.name);
  if (known) {
    const treatment = `another photograph (${cast.again.photo})`;
    questions.push({ who: known.name, picture: again.portrait, treatment, expected: known, claim: known });
  }
  people.forEach((person, index) => {
    const claim = people[(index + 1) % people.length];
    if (claim) questions.push({ who: person.name, picture: person.portrait, treatment: 'none', claim });
  });
  strangers.forEach((stranger, index) => {
    const picture = stranger.portrait;
    questions.push({ who: stranger.name, picture, treatment: 'none' });
    const claim = people[index % people.length];
    if (claim) questions.push({ who: stranger.name, picture, treatment: 'none', claim });
  });
  const trials: Trial[] = [];
  for (const question of questions) trials.push(await askOne(service, question));
  return trials;
}

async function askOne(service: DemoService, question: Question): Promise<Trial> {
  const { who, picture, treatment, claim, expected } = question;
  const { status, body, milliseconds } = await service.post<VerifyReply>('/api/verify', {
    image: picture.toString('base64'),
    ...(claim ? { email: claim.email } : {}),
  });
  const right =
    expected === undefined
      ? status === 200 && body.verified === false
      : body.verified === true && body.email === expected.email;
  return {
    who,
    picture,
    treatment,
    question: claim ? `is this ${claim.name}?` : 'who is this?',
    claimed: claim !== undefined,
    expected: expected?.email,
    status,
    answer: body,
    milliseconds,
    right,
  };
}

/** Pairs of enrolled people that the profile falsely matches: "Bea passes as Cleo". */
export async function lookAlikes(service: DemoService, people: readonly Person[]): Promise<string[]> {
  const found: string[] = [];
  for (const { name, portrait } of people) {
    for (const other of people.filter((person) => person.name !== name)) {
      const { body } = await service.post<VerifyReply>('/api/verify', {
        image: portrait.toString('base64'),
        email: other.email,
      });
      if (body.verified) found.push(`${name} passes as ${other.name}`);
    }
  }
  return found;
}
