import { clusterBootstrap } from '../accuracy/interval.ts';
import type { Machine } from '../support/machine.ts';
import type { Kept } from './kept.ts';
import { type AttackRow, type PersonRow, settingName } from './measure.ts';

/** When the evidence was first weighed as it is. What is measured before has another judge. */
export const JUDGE_SINCE = '2026-11-27';

export const percent = (value: number) => `${(100 * value).toFixed(1)} %`;

/** Mean over people of a share of each one's sessions, with a bootstrap over people. */
export function meanOver(rows: readonly PersonRow[], pick: (row: PersonRow) => number): string {
  if (rows.length === 0) return '-';
  const shares = rows.map((row) => pick(row) / row.sessions);
  const mean = (counts: ArrayLike<number>) =>
    shares.reduce((sum, share, i) => sum + counts[i]! * share, 0) /
    shares.reduce((sum, _, i) => sum + counts[i]!, 0);
  const [interval] = clusterBootstrap(rows.length, (drawn) => [mean(drawn)], { replicates: 2000, seed: 46 });
  return `${percent(mean(shares.map(() => 1)))} [${interval!.map(percent).join(' to ')}]`;
}

/** What someone who buys or approves the product should know, in six lines, from the kept figures. */
export function summary({ attacks, people }: Pick<Kept, 'attacks' | 'people'>): string[] {
  const hits = hitsOf(attacks);
  const rows = people['with motion, with PAD']?.rows ?? [];
  const own = rows.filter(({ camera }) => camera === 'own');
  const days = daysOf(attacks, people['with motion, with PAD']?.machine);
  return [
    'For buyers and auditors first; the details are for contributors. Made by `npm run accuracy -- challenges --keep` from `liveness.json`.',
    '',
    '## What a buyer should know',
    '',
    `1. **Living people.** Within three attempts ${meanOver(rows, ({ passed }) => passed)} of the sessions of ${rows.length} people pass; before their own phone or webcam ${meanOver(own, ({ passed }) => passed)} of ${own.length} people. Expect less: the limits were chosen with these people in view. One of them passes in ${lowest(rows)}.`,
    `2. **Photographs on paper.** Of each of ${prints.length} kinds at most ${worstOf(attacks, prints)} pass, also with a strip of closed lids over the eyes. Every default challenge asks for a blink, which paper does not show.`,
    `3. **A film that is only played again.** Frames of an old session: ${hits('replay-old-session')} (${hits('replay-old-session-same-draw')} where by chance the same steps are asked for). A film on a screen: ${hits('replay-screen')}. A photograph that a program animates: ${hits('puppet')}. A changed page: at most ${worstOf(attacks, tampered)}.`,
    `4. **A film that fits each step when it is asked for** is not stopped reliably, and the goal of 5 % is missed. Fed in by a virtual camera: ${hits('injection-spliced')}, and ${hits('injection-spliced-within-reach')} where the attacker has film of every step. Played on a screen: ${hits('replay-screen-chosen')} and ${hits('replay-screen-chosen-within-reach')}. A real recapture of a person who turns: ${hits('recapture-turning')} and ${hits('recapture-turning-within-reach')}. A deepfake on a person who does the steps: ${hits('face-swap')} and ${hits('face-swap-within-reach')}; nothing in the product detects it.`,
    `5. **The path without head movement.** ${hits('replay-old-session-no-motion')} old sessions pass its checks. By default a reviewer decides about each; only a profile with \`challenge.withoutMotion: allow\` does not wait.`,
    `6. **Where it holds.** Maturity: experimental. Measured ${days} on simulated attacks and public recordings: no test after ISO/IEC 30107-3, no outside laboratory, no phones in the sun, veils, tremor or children. 0 of 300 means that up to 1.3 % may pass. Never let a live check alone decide about much.`,
    '',
    'Counts are trials in which the challenge was passed within three attempts, with PAD and the usual limits, whatever the identity match would add.',
  ];
}

const prints = [
  'print-still',
  'print-moved',
  'print-tilted',
  'print-bent',
  'print-bent-others',
  'print-bent-portraits',
  'print-bent-lids',
];
const tampered = ['tampered-early', 'tampered-clock', 'tampered-repeat'];

const withPad = ({ setting }: AttackRow) => settingName(setting) === 'with PAD';

/** The row with the largest share of those species, as "0 of 300". */
function worstOf(attacks: Kept['attacks'], names: readonly string[]): string {
  const rows = names.flatMap((name) => attacks[name]?.rows.filter(withPad) ?? []);
  const share = ({ accepted, trials }: AttackRow) => accepted.hits / trials;
  const worst = rows.toSorted((a, b) => share(b) - share(a))[0];
  return worst ? `${worst.accepted.hits} of ${worst.trials}` : 'not measured yet';
}

/** The person who passes least often. */
function lowest(rows: readonly PersonRow[]): string {
  const [least] = rows.toSorted((a, b) => a.passed / a.sessions - b.passed / b.sessions);
  return least ? `${least.passed} of ${least.sessions} sessions` : 'no session';
}

/** The days of the figures that the summary names. */
function daysOf(attacks: Kept['attacks'], of: Machine | undefined): string {
  const dates = Object.values(attacks).flatMap(({ rows, machine }) =>
    rows.filter(withPad).map((row) => (row.machine ?? machine).date.slice(0, 10)),
  );
  const [first, ...others] = [...new Set([...dates, ...(of ? [of.date.slice(0, 10)] : [])])].toSorted();
  return others.length === 0 ? `on ${first ?? 'no day yet'}` : `from ${first} to ${others.at(-1)}`;
}

/** Passed trials of one species, in words. */
function hitsOf(attacks: Kept['attacks']): (name: string, setting?: string) => string {
  return (name, wanted = 'with PAD') => {
    const { rows, machine } = attacks[name] ?? {};
    const row = rows?.find(({ setting }) => settingName(setting) === wanted);
    if (!row || !machine) return 'not measured yet';
    const { date } = row.machine ?? machine;
    return `${row.accepted.hits} of ${row.trials}${date < JUDGE_SINCE ? ' (older judge)' : ''}`;
  };
}

/** How it was measured, and what the figures say goal by goal. */
export function details(attacks: Kept['attacks']): string[] {
  const hits = hitsOf(attacks);
  const each = (names: readonly string[]) => names.map((name) => `${name} ${hits(name)}`).join(', ');
  return [
    '## How it was measured',
    '',
    "- The judge is the product's own (`engine/challenges`), and so are the nets. Frames are 480 x 480 JPEG, ten a second.",
    '- Attacks reach the judge as what the nets read of their frames, not through a browser and a network. Tampering and repeated frames go through the door as well, over HTTP and WebSockets, without nets (`test/attacks/live-tampering.test.ts`).',
    '- What the nets read of a picture is read once. A picture that is shown again reads with the noise between two frames of a still head (LIVENESS.md §1).',
    '- **Simulated** means drawn by us and not filmed.',
    "- Intervals over trials are Wilson's. Trials of one source resemble each other, so the number of sources bounds what they are worth.",
    '- Sources: `../shared/data`, and clips of KwaiVGI/LivePortrait, Zielon/metrical-tracker and yoyo-nb/Thin-Plate-Spline-Motion-Model for measuring only; none is redistributed.',
    '',
    'Each row of the table says how the steps were drawn:',
    '',
    "- **product's**: at random, of all steps of the default profile, as a session does it. An attacker meets this one.",
    "- **within reach**: at random, of those steps alone that the attacker's recording shows. It stands for an attacker with better recordings than ours. Tampering and two people are drawn so too, because what is tried there is not the draw.",
    '- **the same again**: in all three attempts the very steps of the old session, in its order. This is the worst case: one draw of 120 for `default`, of 1,200 for `strict-finance` and `high-security`, of 7,200 for `fortress`. It says what the rule of repeated movements achieves by itself.',
    '',
    '## The figures, goal by goal',
    '',
    'With PAD and not strict.',
    '',
    `- **Prints, moved recaptures, tampering: goal 0; puppet: goal 5 %.** ${each([...prints.filter((name) => name !== 'print-bent-lids'), 'replay-recaptured', 'puppet', ...tampered])}. A blink is in every draw, and paper has no lids: no print comes to the end of an attempt.`,
    `- **A profile that asks for turns alone** (\`phantom\`): ${hits('print-bent-portraits-turns')}. Those that pass are of one sheet, which every measure takes for a head (docs/LIVENESS.md).`,
    `- **A print with a strip of closed lids**, laid over its eyes when a blink is asked for: ${hits('print-bent-lids')} (without PAD ${hits('print-bent-lids', 'without PAD')}). It stands for attackers who know of the blink. Its photographs and those of \`print-bent-portraits\` are of LFW, of a list that no limit was chosen on.`,
    `- **The frames of an old session, encoded anew: goal 0.** As the product draws, both sessions for one address: ${hits('replay-old-session')}. With the same steps three times: ${hits('replay-old-session-same-draw')}, because the rule of repeated movements needs a face that moves beside what is asked for. Where a session names no address, one draw of 120 is that of the old session by chance (1 of 300 on 2026-11-27).`,
    `- **The same on the path without motion: goal 0.** ${hits('replay-old-session-no-motion')} pass the checks. A profile with \`challenge.withoutMotion: allow\` approves them; by default each waits for a person, so that Gatehouse itself approves 0 of 300. The path has the assurance \`passive-frames\`.`,
    `- **Replay from a screen, the film in its own order: goal 0.** ${hits('replay-screen')}, and ${hits('replay-screen', 'without PAD')} without a PAD model. An old session shown from a screen: ${hits('replay-screen-session')}, with the same draw three times ${hits('replay-screen-session-same-draw')}. The recapture is simulated; real ones stand below.`,
    `- **A screen that plays the part that fits each step: goal 5 %, as injection.** ${hits('replay-screen-chosen')} as the product draws, ${hits('replay-screen-chosen-within-reach')} within reach. **The goal is missed.**`,
    `- **Injection by a virtual camera: goal 5 %.** Cut hard ${hits('injection-cut')} (within reach ${hits('injection-cut-within-reach')}); spliced smoothly ${hits('injection-spliced')} (${hits('injection-spliced-within-reach')}); of recordings that a session was spliced from before ${hits('injection-known')} (${hits('injection-known-within-reach')}); with unlimited footage ${hits('injection-unlimited')} (${hits('injection-unlimited-within-reach')}). Recordings are of 31 people. **The goal is missed**: that stream is the one that stands for a live person here. As the product draws, most recordings lack a step and fail for that alone. The name of a virtual camera is a signal, and a client can lie about it.`,
    `- **Two people**: ${hits('two-people')}.`,
    `- **Face swaps**: ${hits('face-swap')} as the product draws, because no clip shows every step; ${hits('face-swap-within-reach')} within reach of the clips. A swap is a living person who does every step: nothing in the product sees it.`,
    `- **Real recaptures of people who turn**: ${hits('recapture-turning')} as the product draws, ${hits('recapture-turning-within-reach')} within reach, of the one clip of four with turns that can be used. It shows no blink, and PAD takes its frames for alive when they are framed to a third of the picture.`,
    '- **Live people**: 31 recordings show turns. Measures, distributions and limits were chosen with all of them in view; each person is judged by a fit without that person. All were framed to a face of a third of the picture. Coming closer is simulated by enlarging; the frames of a turn are spliced and played to and fro.',
    '- **Live people and repeated movements**: each session is judged by itself, because two sessions of one short recording show the same frames, as no living person does. That rule is held against living people below. Never measured: people filmed for this product, phones in the sun, veils, tremor, children.',
  ];
}
