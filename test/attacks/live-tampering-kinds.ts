import { cooperative } from '../support/challenge-actor.ts';
import type { HeadScript } from '../support/challenge-frames.ts';
import { type LiveBox, pictureOf } from './live-box.ts';
import { goOn, openClient, type Tampering } from './live-tampering.ts';

/** One trial: what the client does; the id of the session that must not be approved. Throws where a door gives what it must not. */
export type TamperedTrial = (box: LiveBox, random: () => number) => Promise<string>;

const below = (random: () => number, end: number) => Math.floor(random() * end);
const neutral = (at: number): HeadScript => cooperative(undefined, 0, at)!;

/** A cooperative client but for what is changed. */
const changed =
  (make: (random: () => number) => Tampering): TamperedTrial =>
  async (box, random) => {
    const { id, token } = await box.session();
    const client = await openClient(box, token);
    await goOn(box, client, make(random));
    client.connection.close();
    return id;
  };

/** From a frame of the first seconds on. */
const since = (random: () => number) => 5 + below(random, 40);

const poses: HeadScript[] = [{ yaw: 21 }, { yaw: -21 }, { pitch: 14 }, { pitch: -14 }, { closer: 1.32 }];

export const tamperedKinds: Record<string, TamperedTrial> = {
  'skips a step': changed((random) => {
    // Both are in every challenge of four steps.
    const skipped = random() < 0.5 ? 'turn-left' : 'turn-right';
    return { shows: (script, { step, at }) => (step?.name === skipped ? neutral(at) : script) };
  }),
  'does another step than the one asked for': changed((random) => {
    const other = poses[below(random, poses.length)]!;
    return {
      shows: (script, { step, at }) =>
        step === undefined || step.name === 'hold-still' ? script : { ...neutral(at), ...other },
    };
  }),
  'holds still and sends orders that do not exist': changed((random) => {
    const orders = ['{"is":"passed"}', '{"is":"next"}', '{"is":"finalize"}', '{"is":"start","step":3}', '{'];
    const order = orders[below(random, orders.length)]!;
    return {
      shows: (_, { at }) => neutral(at),
      async before({ index }, { connection }) {
        if (index % 9 === 8) connection.say(order);
      },
    };
  }),
  'asks for the result early': changed((random) => {
    const last = since(random);
    return {
      async before({ index }, client) {
        if (index < last) return true;
        const { status } = await client.post('finalize');
        if (status !== 409) throw new Error(`An early finalize is answered ${status}.`);
        return false;
      },
    };
  }),
  'shows another person from a step on': changed((random) => {
    const from = 1 + below(random, 3);
    return {
      shows: (script, { step }) => ((step?.index ?? 0) >= from ? { ...script, person: 'bob' } : script),
    };
  }),
  'shows another person in one step': changed((random) => {
    const there = below(random, 4);
    return { shows: (script, { step }) => (step?.index === there ? { ...script, person: 'bob' } : script) };
  }),
  'sends the frames of an old session': async (box, random) => {
    const seed = 1 + below(random, 1e6);
    const old: { bytes: Uint8Array; at: number }[] = [];
    box.draw(seed);
    await changed(() => ({
      bytes(picture, { at }) {
        old.push({ bytes: picture, at });
        return picture;
      },
    }))(box, random);
    return changed(() => {
      box.draw(seed);
      return { bytes: (picture, { index }) => old[index]?.bytes ?? picture };
    })(box, random);
  },
  'sends the frames of a session that runs at the same time': sameFramesAtOnce,
  'two clients take the session from each other': async (box, random) => {
    const { id, token } = await box.session();
    const client = await openClient(box, token);
    const every = 8 + below(random, 12);
    let person = 'alice';
    await goOn(box, client, {
      shows: (script) => ({ ...script, person }),
      async before({ index }) {
        if (index % every !== every - 1) return;
        person = person === 'alice' ? 'bob' : 'alice';
        await client.reconnect();
      },
    });
    client.connection.close();
    return id;
  },
  'the first device goes on after a handover': async (box, random) => {
    const { id, token } = await box.session();
    const client = await openClient(box, token);
    const at = since(random);
    await goOn(box, client, {
      async before({ index }) {
        if (index !== at) return;
        const { body: code } = await client.post('handover', { token });
        const link = String(code.url).split('/').at(-1)!;
        await client.post('handover/accept', { link, number: code.number });
        const { status } = await client.post('frames', { is: 'start' });
        if (status !== 409) throw new Error(`The first device's order is answered ${status}.`);
      },
    });
    const { status } = await client.post('finalize');
    if (status !== 409) throw new Error(`Its finalize is answered ${status}.`);
    client.connection.close();
    return id;
  },
  'times that go backwards': changed((random) => {
    const [from, back] = [since(random), 100 + below(random, 5000)];
    return { at: (at, { index }) => (index < from ? at : at - back) };
  }),
  'times that jump ahead': changed((random) => {
    const [from, ahead] = [since(random), 3000 + below(random, 60_000)];
    return { at: (at, { index }) => (index < from ? at : at + ahead) };
  }),
  'a time that stands still': changed((random) => {
    const from = since(random);
    return { at: (at, { index }) => (index < from ? at : 1000 + 100 * from) };
  }),
  'times that pass faster than ours': changed((random) => ({ pace: 20 + below(random, 40) })),
  'times that are no numbers': changed((random) => {
    const [from, time] = [since(random), [Number.NaN, Number.POSITIVE_INFINITY, -1e300][below(random, 3)]!];
    return { at: (at, { index }) => (index < from ? at : time) };
  }),
  'the same frame again and again': changed((random) => {
    const from = since(random);
    let kept: Uint8Array | undefined;
    return {
      bytes(picture, { index }) {
        if (index < from) return picture;
        kept ??= picture;
        return kept;
      },
    };
  }),
  'frames after the decision': async (box) => {
    const { id, token } = await box.session();
    const client = await openClient(box, token);
    await goOn(box, client, { before: async () => false });
    await client.reconnect();
    await goOn(box, client);
    client.connection.close();
    return id;
  },
  'the token of another session on the way': async (box, random) => {
    const other = await box.session();
    const { id, token } = await box.session();
    const client = await openClient(box, token);
    const from = since(random);
    await goOn(box, client, {
      async before({ index }, { connection }) {
        if (index !== from) return;
        connection.say({ token: other.token });
        await connection.next();
        const finalized = await fetch(`${box.url}/api/live/finalize`, {
          method: 'POST',
          headers: { authorization: `Bearer ${other.token}` },
        });
        if (finalized.status !== 409) throw new Error(`finalize is answered ${finalized.status}.`);
        return false;
      },
    });
    client.connection.close();
    return id;
  },
};

/** Each frame goes to both, the last ones at the same moment. The first session is a person's own; the second must not be approved beside it. */
async function sameFramesAtOnce(box: LiveBox, random: () => number): Promise<string> {
  const seed = 1 + below(random, 1e6);
  const [own, other] = [await box.session(), await box.session()];
  const clients = [await openClient(box, own.token), await openClient(box, other.token)];
  let states = [];
  for (const { connection } of clients) {
    box.draw(seed);
    connection.say({ is: 'start' });
    states.push(await connection.next());
  }
  let shown = { index: -1, at: 0 };
  for (let index = 0; index < 200; index++) {
    const [first] = states;
    if (first?.is !== 'state' || first.state !== 'running') break;
    const at = 1000 + 100 * index;
    const { step } = first;
    if (step && step.index !== shown.index) shown = { index: step.index, at };
    const script = cooperative(step as never, step ? at - shown.at : 0, at)!;
    const picture = pictureOf(script, `both ${seed} ${index} ${own.id}`);
    box.engine.advance(100);
    for (const { connection } of clients) connection.frame(picture, at);
    states = await Promise.all(clients.map(({ connection }) => connection.next()));
  }
  for (const { connection } of clients) connection.close();
  const decisions = [];
  for (const { id } of [own, other]) decisions.push(await decided(box, id));
  // Which of them is first is chance.
  return decisions[0] === 'approved' ? other.id : own.id;
}

async function decided(box: LiveBox, id: string): Promise<string | undefined> {
  for (let i = 0; i < 50; i++) {
    const decision = await box.decisionOf(id);
    if (decision !== undefined) return decision;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return undefined;
}
